import type { DataSource } from 'typeorm';
import { CycleStore } from '../../src/platform/queue/cycle.store.js';
import { recordStatements } from '../support/count-statements.js';
import { CycleLab } from '../support/cycle-lab.js';
import { eachOnFreshDatabase } from '../support/fresh-database.js';
import type { TestPostgres } from '../support/postgres.js';

describe('a cycle', () => {
  let postgres: TestPostgres;
  let database: DataSource;
  let lab: CycleLab;
  eachOnFreshDatabase((fresh, server) => {
    database = fresh;
    lab = new CycleLab(fresh);
    postgres = server;
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
      const narrow = await postgres.openDataSource({
        settings: { databasePoolSize: 2, databasePoolTimeoutMs: 10_000 },
      });
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

  describe('turns that are not done', () => {
    /** The first turn, which has begun and does not end before `goOn`. */
    const beginTurn = async () => {
      let goOn: () => void = () => undefined;
      const began = new Promise<void>((resolve) => {
        lab.drivers.icmp.before = () => {
          resolve();
          return new Promise<void>((ready) => (goOn = ready));
        };
      });
      const first = lab.run(0);
      await began;
      return { first, goOn: () => goOn() };
    };

    it('skips and counts a turn while the one before still runs', async () => {
      await lab.add({ name: 'a' });
      const { first, goOn } = await beginTurn();
      expect(await lab.run(1, { runner: lab.newRunner() })).toEqual({ kind: 'overlap' });
      goOn();
      expect(await first).toMatchObject({ kind: 'done' });
      expect(await database.query('SELECT kind, shard, due_at, reason FROM cycle_misses')).toEqual([
        { kind: 'ping-30', shard: 0, due_at: lab.dueAt(1), reason: 'overlap' },
      ]);
    });

    it('counts no turn as missed that a second worker was asked for', async () => {
      await lab.add({ name: 'a' });
      const { first, goOn } = await beginTurn();
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
});
