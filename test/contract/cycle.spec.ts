import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { CycleStore } from '../../src/platform/queue/cycle.store.js';
import { ProbeDriverError } from '../../src/probes/drivers/probe-driver.port.js';
import { recordStatements } from '../support/count-statements.js';
import { CycleLab } from '../support/cycle-lab.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';

describe('a cycle', () => {
  let postgres: TestPostgres;
  let database: DataSource;
  let lab: CycleLab;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    postgres = await startTestPostgres();
  });
  beforeEach(async () => {
    database = await postgres.openDataSource();
    lab = new CycleLab(database);
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await database.destroy();
  });
  afterAll(() => postgres?.stop(), 60_000);

  const states = async (...names: string[]) => Promise.all(names.map(async (name) => (await lab.stateOf(name)).state));

  describe('counts', () => {
    it('a dead device down after exactly as many failed cycles, and up after as many good ones', async () => {
      await lab.profile('patient', { down_after: 3, up_after: 2 });
      await lab.add({ name: 'a', profile: 'patient' });
      const seen: string[] = [];
      for (let turn = 0; turn < 9; turn++) {
        if (turn === 2) lab.drivers.icmp.dead.add('a');
        if (turn === 6) lab.drivers.icmp.dead.delete('a');
        await lab.run(turn);
        seen.push(...(await states('a')));
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
      expect((second ?? 0) - (first ?? 0)).toBe(30);
      expect(first).toBe(Math.floor(lab.dueAt(0).getTime() / 1_000));
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
      expect(times).toEqual([2, 3, 4].map((turn) => lab.dueAt(turn).getTime() / 1_000));
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

  describe('writes', () => {
    it.each([1, 1_000])('%d devices in at most six statements, BEGIN and COMMIT included', async (devices) => {
      await lab.add(...Array.from({ length: devices }, (_, index) => ({ name: `d${index}` })));
      await lab.run(0);
      const commit = jest.spyOn(lab.store, 'commit');
      let statements: string[] = [];
      commit.mockImplementation(async (probed) => {
        let committed = null;
        const store = Object.getPrototypeOf(lab.store) as typeof lab.store;
        statements = await recordStatements(database, async () => {
          committed = await store.commit.call(lab.store, probed);
        });
        return committed;
      });
      for (let index = 0; index < devices; index++) lab.drivers.icmp.dead.add(`d${index}`);
      await lab.run(1);
      expect(statements.length).toBeLessThanOrEqual(6);
      expect(statements[0]).toMatch(/START TRANSACTION|BEGIN/);
      expect(statements.at(-1)).toBe('COMMIT');
      expect(await lab.count('ping_results')).toBe(2 * devices);
    });

    it('a turn once, whoever runs it again', async () => {
      await lab.add({ name: 'a' });
      expect(await lab.run(0)).toMatchObject({ kind: 'done', targets: 1, answered: 1 });
      expect(await lab.run(0, { runner: lab.newRunner() })).toEqual({ kind: 'repeated' });
      expect(await lab.count('ping_results')).toBe(1);
      expect(await lab.stateOf('a')).toMatchObject({ oks: 1 });
    });

    it('a turn once, when two workers run it at the same time', async () => {
      await lab.add({ name: 'a' });
      const outcomes = await Promise.all([lab.run(0), lab.run(0, { runner: lab.newRunner() })]);
      expect(outcomes.filter(({ kind }) => kind === 'done')).toHaveLength(1);
      expect(await lab.count('ping_results')).toBe(1);
      expect(await lab.stateOf('a')).toMatchObject({ oks: 1 });
    });

    it('several turns at once with fewer connections than turns', async () => {
      const narrow = await postgres.openDataSource({ settings: { databasePoolSize: 2, databasePoolTimeoutMs: 1_000 } });
      lab = new CycleLab(narrow);
      await lab.add(...[0, 1, 2, 3].map((shard) => ({ name: `s${shard}`, num: shard * 10_000 + 1 })));
      await lab.run(0);
      const shards = [1, 2].map((shard) => lab.run(1, { shard, runner: lab.newRunner() }));
      expect(await Promise.all(shards)).toMatchObject([{ kind: 'done' }, { kind: 'done' }]);
    });

    it('what a turn did, as the row that others go by', async () => {
      await lab.add({ name: 'a' }, { name: 'b' }, { name: 'c' });
      lab.drivers.icmp.dead.add('b');
      lab.drivers.icmp.silent.add('c');
      await lab.run(0);
      expect(await database.query('SELECT * FROM cycles')).toMatchObject([
        {
          kind: 'ping-30',
          shard: 0,
          due_at: lab.dueAt(0),
          interval_seconds: 30,
          targets: 3,
          answered: 1,
          failed: 1,
          unknown: 1,
        },
      ]);
    });

    it('the buckets that are to be rolled up again', async () => {
      await lab.add({ name: 'a' });
      const sealed = new Date(lab.dueAt(0).getTime() + 600_000);
      await database.query('INSERT INTO rollup_progress VALUES ($1, $2, $2)', ['ping_5m', sealed]);
      await lab.run(0);
      const rows = await database.query<{ bucket: Date }[]>('SELECT bucket FROM rollup_dirty');
      expect(rows.length).toBeGreaterThan(0);
      expect(rows.every(({ bucket }) => bucket < sealed)).toBe(true);
    });

    it('and makes the partition of a day that has none', async () => {
      await lab.add({ name: 'a' });
      await lab.partitions.ensure(new Date());
      for (const { name } of await database.query<{ name: string }[]>(
        `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'ping_results'::regclass`,
      )) {
        await database.query(`DROP TABLE ${name}`);
      }
      expect(await lab.run(0)).toMatchObject({ kind: 'done' });
      expect(await lab.count('ping_results')).toBe(1);
    });

    it('what it can when a device is deleted in the middle', async () => {
      await lab.add({ name: 'a' }, { name: 'b' });
      lab.drivers.icmp.before = async () => {
        await database.query(`DELETE FROM devices WHERE name = 'b'`);
      };
      expect(await lab.run(0)).toMatchObject({ kind: 'done' });
      expect(await lab.count('device_state')).toBe(1);
    });

    it('strings that PostgreSQL would refuse', async () => {
      await lab.add({ name: 'a' });
      jest.spyOn(lab.drivers.icmp, 'probe').mockImplementation(async (targets) =>
        targets.map(({ num }) => {
          const message = 'x\0y\ud800z';
          return { num, outcome: 'failed', sent: 3, received: 0, rtt: null, error: message, detail: { message } };
        }),
      );
      expect(await lab.run(0)).toMatchObject({ kind: 'done' });
      expect(await lab.stateOf('a')).toMatchObject({ error: 'xy\ufffdz', detail: { message: 'xy\ufffdz' } });
    });

    it('a notice for who listens', async () => {
      await lab.add({ name: 'a' });
      const runner = database.createQueryRunner();
      const client = (await runner.connect()) as {
        on(event: string, heard: (notice: { payload: string }) => void): void;
      };
      const notices: unknown[] = [];
      client.on('notification', ({ payload }) => notices.push(JSON.parse(payload)));
      await runner.query('LISTEN swarmward_events');
      await lab.run(0);
      await lab.run(1);
      await runner.query('SELECT 1');
      await runner.query('UNLISTEN *');
      await runner.release();
      expect(notices).toEqual([
        { kind: 'probe_cycle', cycle: 'ping-30', shard: 0, due_at: lab.dueAt(0).toISOString(), events: null },
        {
          kind: 'probe_cycle',
          cycle: 'ping-30',
          shard: 0,
          due_at: lab.dueAt(1).toISOString(),
          events: { first: 1, last: 1, count: 1 },
        },
      ]);
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
      expect(await states('a', 'b')).toEqual(['unknown', 'unknown']);
      expect(await lab.stateOf('a')).toMatchObject({ cause: 'driver', last_known_state: 'up' });
      expect(await database.query('SELECT driver, ok, code, message FROM probe_drivers')).toEqual([
        { driver: 'icmp', ok: false, code: 'fping_missing', message: broken.message },
      ]);
      lab.drivers.icmp.broken = null;
      await lab.run(4);
      expect(await states('a', 'b')).toEqual(['up', 'down']);
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
      expect(await states('a', 'b')).toEqual(['unknown', 'up']);
    });

    it('does not wait for one that hangs', async () => {
      lab = new CycleLab(database, { SWARMWARD_PING_INTERVAL_SECONDS: '1' }, 1);
      await lab.add({ name: 'a' });
      lab.drivers.icmp.before = () => new Promise(() => undefined);
      expect(await lab.run(0)).toMatchObject({ kind: 'done', unknown: 1 });
      expect(await database.query('SELECT code FROM probe_drivers')).toEqual([{ code: 'driver_hung' }]);
    });
  });

  describe('turns that are not done', () => {
    it('skips and counts a turn while the one before still runs', async () => {
      await lab.add({ name: 'a' });
      let goOn: () => void = () => undefined;
      const began = new Promise<void>((resolve) => {
        lab.drivers.icmp.before = () => {
          resolve();
          return new Promise<void>((ready) => (goOn = ready));
        };
      });
      const first = lab.run(0);
      await began;
      expect(await lab.run(1, { runner: lab.newRunner() })).toEqual({ kind: 'overlap' });
      goOn();
      expect(await first).toMatchObject({ kind: 'done' });
      expect(await database.query('SELECT kind, shard, due_at, reason FROM cycle_misses')).toEqual([
        { kind: 'ping-30', shard: 0, due_at: lab.dueAt(1), reason: 'overlap' },
      ]);
    });

    it('counts no turn as missed that a second worker was asked for', async () => {
      await lab.add({ name: 'a' });
      let goOn: () => void = () => undefined;
      const began = new Promise<void>((resolve) => {
        lab.drivers.icmp.before = () => {
          resolve();
          return new Promise<void>((ready) => (goOn = ready));
        };
      });
      const first = lab.run(0);
      await began;
      expect(await lab.run(0, { runner: lab.newRunner() })).toEqual({ kind: 'overlap' });
      goOn();
      expect(await first).toMatchObject({ kind: 'done' });
      expect(await lab.count('cycle_misses')).toBe(0);
    });

    it('counts no turn as missed whose job is run again after it was done', async () => {
      await lab.add({ name: 'a' });
      await lab.run(0);
      const cycles = new CycleStore(database);
      for (const turn of [0, 1]) await cycles.recordMiss({ kind: 'ping-30', shard: 0, dueAt: lab.dueAt(turn) }, 'late');
      expect(await database.query('SELECT due_at FROM cycle_misses')).toEqual([{ due_at: lab.dueAt(1) }]);
    });

    it('counts turns that nobody ran', async () => {
      await lab.add({ name: 'a' });
      await lab.run(0);
      await lab.run(4);
      const missed = await database.query<{ due_at: Date; reason: string }[]>(
        'SELECT due_at, reason FROM cycle_misses ORDER BY 1',
      );
      expect(missed).toEqual([1, 2, 3].map((turn) => ({ due_at: lab.dueAt(turn), reason: 'not_run' })));
    });

    it('counts none for a schedule whose devices were probed by another one meanwhile', async () => {
      await lab.add({ name: 'a' });
      await lab.run(0);
      await database.query('UPDATE device_state SET last_at = $1', [lab.dueAt(19)]);
      await lab.run(20);
      expect(await lab.count('cycle_misses')).toBe(0);
    });

    it('counts none while there was nothing to probe', async () => {
      await lab.add({ name: 'a' });
      await lab.run(0);
      await database.query('UPDATE devices SET enabled = false');
      await lab.run(1);
      await database.query('UPDATE devices SET enabled = true');
      await lab.run(9);
      expect(await lab.count('cycle_misses')).toBe(0);
    });
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
      expect(await states('a', 'b', 'c')).toEqual(['up', 'down', 'unknown']);
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
      expect(await states('child', 'parent', 'other')).toEqual(['unreachable', 'down', 'up']);
      lab.drivers.icmp.dead.delete('parent');
      await lab.run(4);
      await lab.run(5);
      expect(await states('child', 'parent')).toEqual(['down', 'up']);
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
        expect(await states('parent', 'child', 'grandchild')).toEqual(['down', 'unreachable', 'unreachable']);
        lab.drivers.icmp.dead.clear();
        await turn(4);
        await turn(5);
        expect(await states('parent', 'child', 'grandchild')).toEqual(['up', 'up', 'up']);
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
      expect(await states('parent', 'child')).toEqual(['down', 'up']);
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
