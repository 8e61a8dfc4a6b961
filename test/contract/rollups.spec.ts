import type { DataSource } from 'typeorm';
import { AdvisoryLock } from '../../src/platform/database/advisory-lock.store.js';
import { Partitions } from '../../src/probes/history/partitions.store.js';
import { Rollups } from '../../src/probes/history/rollups.store.js';
import { eventually } from '../support/eventually.js';
import { addDayOfPings, addDevices } from '../support/history-lab.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';

// Real: PostgreSQL, the product's tables.
describe('rollups', () => {
  let postgres: TestPostgres;
  let database: DataSource;
  let rollups: Rollups;
  beforeAll(async () => {
    postgres = await startTestPostgres();
  });
  beforeEach(async () => {
    database = await postgres.openDataSource();
    rollups = new Rollups(database, new AdvisoryLock(database));
  });
  afterAll(() => postgres.stop());

  const event = (at: string, to: string, flags: { excused?: boolean; blind?: boolean } = {}) =>
    database.query(
      `INSERT INTO state_events (device_num, at, to_state, excused, blind, cause) VALUES (1, $1, $2, $3, $4, 'probe')`,
      [at, to, flags.excused ?? false, flags.blind ?? false],
    );
  const content = async (table: string) => database.query(`SELECT * FROM ${table} ORDER BY device_num, bucket`);

  it('have the time of every state, of devices without a probe as well', async () => {
    await addDevices(database, 1);
    await event('2026-11-20T23:00:00Z', 'up');
    await event('2026-11-21T00:01:00Z', 'down');
    await event('2026-11-21T00:03:00Z', 'unreachable');
    await event('2026-11-21T00:07:00Z', 'down', { excused: true });
    await event('2026-11-21T00:08:00Z', 'up', { blind: true });
    await event('2026-11-21T00:09:00Z', 'up');
    await rollups.run(new Date('2026-11-21T01:01:00Z'));
    const seconds = (table: string) =>
      database.query(
        `SELECT seconds_up AS up, seconds_down AS down, seconds_unknown AS unknown, seconds_maintenance AS maintenance
         FROM ${table} WHERE bucket >= '2026-11-21T00:00:00Z' ORDER BY bucket LIMIT 3`,
      );
    expect(await seconds('ping_5m')).toEqual([
      { up: 60, down: 120, unknown: 120, maintenance: 0 },
      { up: 60, down: 0, unknown: 180, maintenance: 60 },
      { up: 300, down: 0, unknown: 0, maintenance: 0 },
    ]);
    expect(await seconds('ping_1h')).toEqual([{ up: 3_120, down: 120, unknown: 300, maintenance: 60 }]);
  });

  it('have no state of a device that nobody probes any more', async () => {
    await addDevices(database, 1);
    const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 2 * 3_600_000;
    const at = (minutes: number): string => new Date(hour + minutes * 60_000).toISOString();
    await event(at(-5), 'up');
    await database.query(
      `INSERT INTO device_state (device_num, state, since, cause, last_at, fresh_until) VALUES (1, 'up', $1, 'probe', $2, $3)`,
      [at(-5), at(6), at(9)],
    );
    await rollups.run(new Date(hour + 3_660_000));
    const seconds = () =>
      database.query(
        'SELECT seconds_up AS up, seconds_unknown AS unknown FROM ping_5m WHERE bucket >= $1 ORDER BY 1 DESC',
        [at(0)],
      );
    expect((await seconds()).slice(0, 4)).toEqual([
      { up: 300, unknown: 0 },
      { up: 120, unknown: 180 },
      { up: 0, unknown: 300 },
      { up: 0, unknown: 300 },
    ]);
    expect(await database.query('SELECT seconds_up AS up FROM ping_1h WHERE bucket = $1', [at(0)])).toEqual([
      { up: 420 },
    ]);
  });

  it('are made anew for results that come late, and only for them', async () => {
    await addDevices(database, 1);
    await new Partitions(database).ensure(new Date('2026-11-21T00:00:00Z'));
    const result = (at: string) => database.query('INSERT INTO ping_results VALUES ($1, 1, 3, 3, 0, 1, 2, 3, 0)', [at]);
    await result('2026-11-21T00:01:00Z');
    await rollups.run(new Date('2026-11-21T01:01:00Z'));
    await result('2026-11-21T00:02:00Z');
    await database.query(`INSERT INTO rollup_dirty VALUES ('2026-11-21T00:00:00Z')`);
    expect((await rollups.status()).dirty).toBe(1);
    expect(await rollups.run(new Date('2026-11-21T01:02:00Z'))).toEqual({ ran: true, slices: 0, redone: 1 });
    expect(await database.query('SELECT cycles FROM ping_5m UNION ALL SELECT cycles FROM ping_1h')).toEqual([
      { cycles: 2 },
      { cycles: 2 },
    ]);
    expect((await rollups.status()).dirty).toBe(0);
  });

  it('wait for a commit of a cycle that is under way, and see it', async () => {
    await addDevices(database, 1);
    await new Partitions(database).ensure(new Date('2026-11-21T00:00:00Z'));
    const cycle = database.createQueryRunner();
    await cycle.startTransaction();
    await cycle.query(`SELECT pg_advisory_xact_lock(hashtextextended('probe-commit', 0))`);
    await cycle.query(`INSERT INTO ping_results VALUES ('2026-11-21T00:01:00Z', 1, 3, 3, 0, 1, 2, 3, 0)`);
    // One before it, for the first run to know where history begins.
    await database.query(
      `INSERT INTO state_events (device_num, at, to_state, cause) VALUES (1, '2026-11-21', 'up', 'probe')`,
    );
    const run = rollups.run(new Date('2026-11-21T00:06:00Z'));
    await eventually(async () =>
      expect(await database.query(`SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`)).toHaveLength(1),
    );
    await cycle.commitTransaction();
    await cycle.release();
    await run;
    expect(await database.query('SELECT cycles FROM ping_5m')).toEqual([{ cycles: 1 }]);
  });

  it('are whole after the server was killed in the middle, as if nothing had been', async () => {
    await addDevices(database, 20);
    await addDayOfPings(database, '2026-11-20', 20, 300);
    const now = new Date('2026-11-21T00:01:00Z');
    await new Partitions(database).ensure(now);
    const reader = database.createQueryRunner();
    await reader.startTransaction();
    await reader.query('LOCK TABLE ping_1h IN SHARE MODE');
    const cut = rollups.run(now).then(
      () => 'done',
      () => 'cut',
    );
    const pid = await eventually(async () => {
      const [row]: { pid: number }[] = await database.query(
        `SELECT pid FROM pg_locks WHERE NOT granted AND relation = 'ping_1h'::regclass`,
      );
      expect(row).toBeDefined();
      return row!.pid;
    });
    process.kill(pid, 'SIGKILL');
    expect(await cut).toBe('cut');
    await reader.release().catch(() => undefined);
    await eventually(() => rollups.run(now));
    const after = [await content('ping_5m'), await content('ping_1h')];
    expect(after.map((rows) => rows.length)).toEqual([20 * 288, 20 * 24]);
    await database.query('TRUNCATE ping_5m, ping_1h, rollup_progress');
    await rollups.run(now);
    expect([await content('ping_5m'), await content('ping_1h')]).toEqual(after);
  });

  it('take as many statements for many devices as for few', async () => {
    const statements = async (devices: number): Promise<number> => {
      const fresh = await postgres.openDataSource();
      await addDevices(fresh, devices);
      await addDayOfPings(fresh, '2026-11-20', devices, 3_600);
      return (await new Rollups(fresh, new AdvisoryLock(fresh)).run(new Date('2026-11-21T00:01:00Z'))).slices;
    };
    expect([await statements(1), await statements(500)]).toEqual([48, 48]);
  });
});
