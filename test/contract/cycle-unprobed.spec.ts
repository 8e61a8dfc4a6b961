import type { DataSource } from 'typeorm';
import { CycleLab } from '../support/cycle-lab.js';
import { eachOnFreshDatabase } from '../support/fresh-database.js';

describe('a cycle', () => {
  let database: DataSource;
  let lab: CycleLab;
  eachOnFreshDatabase((fresh) => {
    database = fresh;
    lab = new CycleLab(fresh);
  });

  describe('of devices that nobody probed for a while', () => {
    const freshUntil = async (name: string) => (await lab.stateOf(name)).fresh_until.getTime();

    it('says how long a result holds', async () => {
      await lab.add({ name: 'a' });
      await lab.run(0);
      expect(await freshUntil('a')).toBeGreaterThanOrEqual(lab.dueAt(3).getTime());
      expect(await freshUntil('a')).toBeLessThan(lab.dueAt(4).getTime());
    });

    it('says that nothing was known, from one interval after the last probe on', async () => {
      await lab.add({ name: 'a' }, { name: 'b' }, { name: 'c' });
      ['b', 'c'].forEach((name) => lab.drivers.icmp.dead.add(name));
      await lab.run(0);
      await lab.run(1);
      lab.drivers.icmp.dead.delete('c');
      await lab.run(10);
      expect(await lab.statesOf('a', 'b', 'c')).toEqual(['up', 'down', 'unknown']);
      expect(await lab.eventsOf('a')).toEqual(['up@0', 'unknown@2', 'up@10']);
      expect(await lab.eventsOf('b')).toEqual(['down@0', 'unknown@2', 'down@10']);
      expect(await lab.count('state_events', `cause = 'not_probed'`)).toBe(3);
    });

    it('says nothing for two turns that were missed', async () => {
      await lab.add({ name: 'a' });
      for (const turn of [0, 1, 4]) await lab.run(turn);
      expect(await lab.eventsOf('a')).toEqual(['up@0']);
    });

    it('says nothing of a maintenance that collects nothing, and keeps the state fresh until it is over', async () => {
      await lab.add({ name: 'a' });
      await lab.run(0);
      await lab.run(1);
      const [{ num }] = await database.query<[{ num: number }]>('SELECT num FROM devices');
      const window = { windowIds: [], since: lab.dueAt(2), collect: false, countsAsDowntime: false };
      lab.calendar.windows.set(num, { ...window, until: lab.dueAt(20) });
      await lab.run(2);
      expect(await freshUntil('a')).toBe(lab.dueAt(23).getTime());
      lab.calendar.windows.set(num, { ...window, until: lab.dueAt(30) });
      await lab.run(3);
      expect(await freshUntil('a')).toBe(lab.dueAt(33).getTime());
      lab.calendar.windows.clear();
      await lab.run(30);
      expect(await lab.eventsOf('a')).toEqual(['up@0', 'up@2', 'up@30']);
    });

    it('goes on from now when the clock was ahead', async () => {
      await lab.add({ name: 'a' });
      await lab.run(0);
      await lab.run(100);
      await lab.run(101);
      expect(await lab.eventsOf('a')).toEqual(['up@100']);
      lab.drivers.icmp.dead.add('a');
      await lab.run(2);
      await lab.run(3);
      expect(await lab.eventsOf('a')).toEqual(['up@2', 'down@2']);
      expect(await lab.stateOf('a')).toMatchObject({ state: 'down' });
    });
  });

  describe('of devices that are not probed', () => {
    it('says once that a device was switched off', async () => {
      await lab.add({ name: 'a' }, { name: 'b' });
      await lab.run(0);
      await lab.run(1);
      await database.query(`UPDATE devices SET enabled = false WHERE name = 'a'`);
      await lab.run(2);
      await lab.run(3);
      expect(await lab.stateOf('a')).toMatchObject({ state: 'unknown', cause: 'disabled', last_known_state: 'up' });
      expect(await lab.eventsOf('a')).toEqual(['up@0', 'unknown@2']);
      expect(lab.drivers.icmp.batches.at(-1)).toEqual(['b']);
    });

    it('drops the result of a device that was switched off while it was probed', async () => {
      await lab.add({ name: 'a' });
      await lab.run(0);
      lab.drivers.icmp.before = async () => {
        await database.query(`UPDATE profiles SET mode = 'snmp_only'`);
      };
      await lab.run(1);
      expect(await lab.stateOf('a')).toMatchObject({ state: 'unknown', cause: 'disabled' });
      expect(await lab.count('ping_results')).toBe(1);
    });

    it('keeps the state in maintenance that collects nothing, and tells its exact boundaries', async () => {
      await lab.add({ name: 'a' });
      await lab.run(0);
      await lab.run(1);
      const [{ num }] = await database.query<[{ num: number }]>('SELECT num FROM devices');
      const [since, until] = [1.5, 3.5].map((turn) => new Date(lab.dueAt(0).getTime() + turn * 30_000)) as [Date, Date];
      lab.calendar.windows.set(num, { windowIds: [], since, until, collect: false, countsAsDowntime: false });
      lab.drivers.icmp.dead.add('a');
      await lab.run(2);
      await lab.run(3);
      expect(await lab.stateOf('a')).toMatchObject({ state: 'up', in_maintenance: true, excused: true });
      expect(await lab.count('ping_results')).toBe(2);
      lab.calendar.windows.clear();
      await lab.run(4);
      expect(await lab.stateOf('a')).toMatchObject({ state: 'up', in_maintenance: false, excused: false, fails: 1 });
      expect(await lab.eventsOf('a')).toEqual(['up@0', 'up@1.5', 'up@3.5']);
    });

    it('goes on with the last calendar that could be read', async () => {
      await lab.add({ name: 'a' });
      const [{ num }] = await database.query<[{ num: number }]>('SELECT num FROM devices');
      const window = { windowIds: [], collect: true, countsAsDowntime: false };
      lab.calendar.windows.set(num, { ...window, since: lab.dueAt(0), until: lab.dueAt(9) });
      await lab.run(0);
      jest.spyOn(lab.calendar, 'at').mockRejectedValue(new Error('no calendar'));
      expect(await lab.run(1)).toMatchObject({ kind: 'done', answered: 1 });
      expect(await lab.stateOf('a')).toMatchObject({ state: 'up', in_maintenance: true });
    });
  });
});
