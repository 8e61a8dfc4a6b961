import type { DataSource } from 'typeorm';
import { ProbeDriverError } from '../../src/probes/drivers/probe-driver.port.js';
import { CycleLab } from '../support/cycle-lab.js';
import { eachOnFreshDatabase } from '../support/fresh-database.js';

describe('a cycle', () => {
  let database: DataSource;
  let lab: CycleLab;
  eachOnFreshDatabase((fresh) => {
    database = fresh;
    lab = new CycleLab(fresh);
  });

  /** In which turn a second was. */
  const turnOf = (second = 0) =>
    Math.floor((second - Math.floor(lab.dueAt(0).getTime() / 1_000)) / lab.intervalSeconds);

  describe('counts', () => {
    it('a dead device down after exactly as many failed cycles, and up after as many good ones', async () => {
      await lab.profile('patient', { down_after: 3, up_after: 2 });
      await lab.add({ name: 'a', profile: 'patient' });
      const seen: string[] = [];
      for (let turn = 0; turn < 9; turn++) {
        if (turn === 2) lab.drivers.icmp.dead.add('a');
        if (turn === 6) lab.drivers.icmp.dead.delete('a');
        await lab.run(turn);
        seen.push(...(await lab.statesOf('a')));
      }
      expect(seen).toEqual(['unknown', 'up', 'up', 'up', 'down', 'down', 'down', 'up', 'up']);
      expect(await lab.eventsOf('a')).toEqual(['up@0', 'down@2', 'up@6']);
    });

    it('what a device was and when, in its state row', async () => {
      await lab.add({ name: 'a' }, { name: 'b' });
      lab.drivers.icmp.dead.add('b');
      await lab.run(0);
      await lab.run(1);
      expect(await lab.stateOf('a')).toMatchObject({
        state: 'up',
        hard: true,
        fails: 0,
        oks: 2,
        outcome: 'ok',
        error: null,
        sent: 3,
        received: 3,
        loss_percent: 0,
        rtt_min: 0.04,
        rtt_avg: 0.051,
        rtt_max: 0.06,
        jitter: 0.01,
        down_since: null,
        ring_loss: [0, 0],
        ring_rtt: [0.051, 0.051],
      });
      const b = (await lab.stateOf('b')) as unknown as Record<string, unknown>;
      expect(b).toMatchObject({
        state: 'down',
        error: 'timeout',
        rtt_avg: null,
        last_ok_at: null,
        ring_rtt: [null, null],
      });
      expect(b).toMatchObject({ loss_percent: 100, ring_loss: [100, 100] });
      const [first, second] = b['ring_at'] as number[];
      expect([first, second].map(turnOf)).toEqual([0, 1]);
    });

    it('every probe once in the results, with no times for what did not answer', async () => {
      await lab.add({ name: 'a' }, { name: 'b' }, { name: 'c' });
      lab.drivers.icmp.dead.add('b');
      lab.drivers.icmp.silent.add('c');
      await lab.run(0);
      expect(
        await database.query('SELECT status, sent, received, rtt_avg, jitter FROM ping_results ORDER BY device_num'),
      ).toEqual([
        { status: 0, sent: 3, received: 3, rtt_avg: 0.051, jitter: 0.01 },
        { status: 1, sent: 3, received: 0, rtt_avg: null, jitter: null },
        { status: 2, sent: 0, received: 0, rtt_avg: null, jitter: null },
      ]);
    });

    it('rings of ten minutes, whatever the number of cycles', async () => {
      lab = new CycleLab(database, {}, 200);
      await lab.profile('slow', { ping_interval_seconds: 200 });
      await lab.add({ name: 'a', profile: 'slow' });
      for (let turn = 0; turn < 5; turn++) await lab.run(turn);
      const { ring_at: times } = (await lab.stateOf('a')) as unknown as { ring_at: number[] };
      expect(times.map(turnOf)).toEqual([2, 3, 4]);
    });

    it('unknown, never down, what the driver did not report', async () => {
      await lab.add({ name: 'a' });
      await lab.run(0);
      await lab.run(1);
      lab.drivers.icmp.silent.add('a');
      for (let turn = 2; turn < 6; turn++) await lab.run(turn);
      expect(await lab.stateOf('a')).toMatchObject({ state: 'unknown', last_known_state: 'up', cause: 'not_reported' });
      lab.drivers.icmp.silent.clear();
      await lab.run(6);
      expect(await lab.eventsOf('a')).toEqual(['up@0', 'unknown@2', 'up@6']);
    });
  });

  describe('with a broken driver', () => {
    const broken = new ProbeDriverError('fping_missing', 'fping was not found. Install it: apt-get install fping');

    it('calls nothing down, says how to mend it, and goes on when it is mended', async () => {
      await lab.add({ name: 'a' }, { name: 'b' });
      lab.drivers.icmp.dead.add('b');
      await lab.run(0);
      await lab.run(1);
      lab.drivers.icmp.broken = broken;
      await lab.run(2);
      await lab.run(3);
      expect(await lab.statesOf('a', 'b')).toEqual(['unknown', 'unknown']);
      expect(await lab.stateOf('a')).toMatchObject({ cause: 'driver', last_known_state: 'up' });
      expect(await database.query('SELECT driver, ok, code, message FROM probe_drivers')).toEqual([
        { driver: 'icmp', ok: false, code: 'fping_missing', message: broken.message },
      ]);
      lab.drivers.icmp.broken = null;
      await lab.run(4);
      expect(await lab.statesOf('a', 'b')).toEqual(['up', 'down']);
      expect(await database.query('SELECT ok FROM probe_drivers')).toEqual([{ ok: true }]);
    });

    it('says that a part of a batch could not be asked, until a whole one could', async () => {
      await lab.add({ name: 'a' }, { name: 'b' });
      lab.drivers.icmp.silent.add('b');
      lab.drivers.icmp.before = async ({ onFault }) => onFault?.(broken);
      await lab.run(0);
      expect(await database.query('SELECT ok, code, message FROM probe_drivers')).toEqual([
        { ok: false, code: 'fping_missing', message: broken.message },
      ]);
      expect(await lab.stateOf('a')).toMatchObject({ outcome: 'ok' });
      lab.drivers.icmp.before = async () => undefined;
      await lab.run(1);
      expect(await database.query('SELECT ok FROM probe_drivers')).toEqual([{ ok: true }]);
    });

    it('leaves the devices of other drivers alone', async () => {
      await lab.add({ name: 'a', kind: 'tcp' }, { name: 'b', kind: 'http' });
      lab.drivers.tcp.broken = new Error('out of sockets');
      for (const turn of [0, 1]) await lab.run(turn, { cycle: 'checks' });
      expect(await lab.statesOf('a', 'b')).toEqual(['unknown', 'up']);
    });

    it('does not wait for one that hangs', async () => {
      lab = new CycleLab(database, { SWARMWARD_PING_INTERVAL_SECONDS: '3' }, 3);
      await lab.add({ name: 'a' });
      lab.drivers.icmp.before = () => new Promise(() => undefined);
      expect(await lab.run(0)).toMatchObject({ kind: 'done', unknown: 1 });
      expect(await database.query('SELECT code FROM probe_drivers')).toEqual([{ code: 'driver_hung' }]);
    });
  });

  describe('with parents', () => {
    it('calls a child unreachable in the turn that its parent goes down', async () => {
      await lab.add({ name: 'child', parent: 'parent' }, { name: 'parent' }, { name: 'other' });
      await database.query(
        `UPDATE devices SET parent_id = (SELECT id FROM devices WHERE name = 'parent') WHERE name = 'child'`,
      );
      await lab.run(0);
      await lab.run(1);
      ['child', 'parent'].forEach((name) => lab.drivers.icmp.dead.add(name));
      await lab.run(2);
      await lab.run(3);
      expect(await lab.statesOf('child', 'parent', 'other')).toEqual(['unreachable', 'down', 'up']);
      lab.drivers.icmp.dead.delete('parent');
      await lab.run(4);
      await lab.run(5);
      expect(await lab.statesOf('child', 'parent')).toEqual(['down', 'up']);
      lab.drivers.icmp.dead.delete('child');
      await lab.run(6);
      await lab.run(7);
      expect(await lab.eventsOf('child')).toEqual(['up@0', 'unreachable@2', 'down@5', 'up@6']);
    });

    describe.each([
      ['the parent first', ['parent', 'child']],
      ['the child first', ['child', 'parent']],
      ['both at once', null],
    ])('in two shards, %s', (_, order) => {
      it('comes to the same', async () => {
        await lab.add({ name: 'parent' }, { name: 'child', num: 10_001 }, { name: 'grandchild', num: 20_001 });
        await database.query(
          `UPDATE devices SET parent_id = (SELECT id FROM devices WHERE name = p) FROM (VALUES ('child', 'parent'), ('grandchild', 'child')) v (n, p) WHERE name = n`,
        );
        const shardOf: Record<string, number> = { parent: 0, child: 1 };
        const turn = async (index: number) => {
          if (order) for (const name of ['grandchild', ...order]) await lab.run(index, { shard: shardOf[name] ?? 2 });
          else await Promise.all([0, 1, 2].map((shard) => lab.run(index, { shard, runner: lab.newRunner() })));
        };
        await turn(0);
        await turn(1);
        ['parent', 'child', 'grandchild'].forEach((name) => lab.drivers.icmp.dead.add(name));
        await turn(2);
        await turn(3);
        expect(await lab.statesOf('parent', 'child', 'grandchild')).toEqual(['down', 'unreachable', 'unreachable']);
        lab.drivers.icmp.dead.clear();
        await turn(4);
        await turn(5);
        expect(await lab.statesOf('parent', 'child', 'grandchild')).toEqual(['up', 'up', 'up']);
      });
    });

    it('does not suppress a child that answers', async () => {
      await lab.add({ name: 'parent' }, { name: 'child' });
      await database.query(
        `UPDATE devices SET parent_id = (SELECT id FROM devices WHERE name = 'parent') WHERE name = 'child'`,
      );
      lab.drivers.icmp.dead.add('parent');
      await lab.run(0);
      await lab.run(1);
      expect(await lab.statesOf('parent', 'child')).toEqual(['down', 'up']);
    });
  });
});
