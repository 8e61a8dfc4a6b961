import type { DataSource } from 'typeorm';
import { AdvisoryLock } from '../../src/platform/database/advisory-lock.store.js';
import { partitionAt } from '../../src/probes/history/partition-calendar.js';
import { Partitions } from '../../src/probes/history/partitions.store.js';
import { Retention } from '../../src/probes/history/retention.store.js';
import { Rollups } from '../../src/probes/history/rollups.store.js';
import { addDayOfPings, addDevices } from '../support/history-lab.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';

const DAY_MS = 86_400_000;
/** At three, yesterday: the clock of PostgreSQL is real, and of two clocks the earlier one counts. */
const NOW = new Date((Math.floor(Date.now() / DAY_MS) - 1) * DAY_MS + 3 * 3_600_000);
const dayBefore = (days: number): Date => new Date(NOW.getTime() - days * DAY_MS);

// Real: PostgreSQL, the product's tables. Stands in: how full the disk is.
describe('retention', () => {
  let postgres: TestPostgres;
  let database: DataSource;
  let free: number | null;
  let retention: Retention;
  beforeAll(async () => {
    postgres = await startTestPostgres();
  });
  beforeEach(async () => {
    database = await postgres.openDataSource();
    free = 50;
    retention = new Retention(database, new AdvisoryLock(database), { freePercent: async () => free });
  });
  afterAll(() => postgres.stop());

  const smallDays = async (from: number, to: number) => {
    for (let days = from; days <= to; days++) {
      await new Partitions(database).ensureDay('ping_results', dayBefore(days));
      await database.query('INSERT INTO ping_results VALUES ($1, 1, 3, 3, 0, 1, 2, 3, 0)', [dayBefore(days)]);
    }
  };
  /** What shows that devices are probed. */
  const probedToday = () => smallDays(0, 0);
  const rolledUp = () =>
    database.query(
      `INSERT INTO rollup_progress (name, sealed_until, done_until) VALUES ('ping_5m', $1, $1), ('ping_1h', $1, $1)`,
      [NOW],
    );

  it('drops a day of 2.5 million rows and 39 small ones within 2 s, and holds up no reader', async () => {
    await addDayOfPings(database, dayBefore(80).toISOString().slice(0, 10), 868, 30);
    await smallDays(31, 69);
    await probedToday();
    await rolledUp();
    const size = async (): Promise<number> =>
      Number((await database.query('SELECT pg_database_size(current_database()) AS size'))[0].size);
    const before = await size();
    let longest = 0;
    const reading = new AbortController();
    const reader = (async () => {
      while (!reading.signal.aborted) {
        const began = performance.now();
        await database.query('SELECT count(*) FROM ping_results WHERE ts >= $1', [dayBefore(31)]);
        longest = Math.max(longest, performance.now() - began);
      }
    })();
    const began = performance.now();
    const result = await retention.cleanUp(NOW, 30);
    const took = performance.now() - began;
    reading.abort();
    await reader;
    expect(result.dropped).toHaveLength(40);
    expect(result.kept).toEqual([]);
    expect(took).toBeLessThan(2_000);
    expect(longest).toBeLessThan(1_500);
    expect(before - (await size())).toBeGreaterThan(result.freed_bytes * 0.95);
  }, 240_000);

  it('gives up within its lock limit while a long transaction reads, and goes on next time', async () => {
    await smallDays(35, 36);
    await probedToday();
    await rolledUp();
    const long = database.createQueryRunner();
    await long.startTransaction();
    await long.query('SELECT count(*) FROM ping_results');
    const began = performance.now();
    const first = retention.cleanUp(NOW, 30);
    const readers = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const at = performance.now();
        await database.query('SELECT count(*) FROM ping_results');
        return performance.now() - at;
      }),
    );
    // The one that waits does so for 2 s, and nobody behind it.
    expect(Math.max(...readers)).toBeLessThan(1_900);
    expect(await first).toMatchObject({ dropped: [], kept: [{ busy: true }, { busy: true }] });
    expect(performance.now() - began).toBeLessThan(20_000);
    await long.commitTransaction();
    await long.release();
    expect((await retention.cleanUp(NOW, 30)).dropped).toHaveLength(2);
    expect(await database.query('SELECT count(*)::int AS rows FROM ping_results')).toEqual([{ rows: 1 }]);
  });

  it('keeps what is not rolled up, unless the disk is full', async () => {
    await smallDays(29, 33);
    await probedToday();
    expect(await retention.cleanUp(NOW, 30)).toMatchObject({ dropped: [], kept: [{}, {}, {}] });
    await rolledUp();
    await database.query('INSERT INTO rollup_dirty VALUES ($1)', [dayBefore(32)]);
    const waiting = partitionAt('ping_results', dayBefore(32)).name;
    expect(await retention.cleanUp(NOW, 30)).toMatchObject({
      dropped: [partitionAt('ping_results', dayBefore(33)).name, partitionAt('ping_results', dayBefore(31)).name],
      kept: [{ partition: waiting, reason: 'late results in it are not rolled up yet' }],
    });
    free = null;
    expect(await retention.cleanUp(NOW, 30)).toMatchObject({ dropped: [] });
    free = 4.9;
    expect(await retention.cleanUp(NOW, 30)).toMatchObject({ dropped: [waiting], kept: [] });
    await new Rollups(database, new AdvisoryLock(database)).run(NOW);
    expect((await database.query('SELECT count(*)::int AS rows FROM ping_results'))[0]).toEqual({ rows: 3 });
  });

  it('drops what a clean-up that was cut off had detached', async () => {
    await smallDays(31, 32);
    await probedToday();
    const { name } = partitionAt('ping_results', dayBefore(32));
    await database.query(`ALTER TABLE ping_results DETACH PARTITION ${name}`);
    await rolledUp();
    expect((await retention.cleanUp(NOW, 30)).dropped).toEqual([name, partitionAt('ping_results', dayBefore(31)).name]);
  });

  it('drops nothing because a clock is wrong', async () => {
    await smallDays(-1, -1);
    await smallDays(20, 20);
    await rolledUp();
    for (const years of [10, 100]) {
      const wrong = new Date(NOW.getTime() + years * 365 * DAY_MS);
      expect(await retention.cleanUp(wrong, 30)).toMatchObject({ dropped: [], kept: [] });
    }
    expect(await database.query('SELECT count(*)::int AS rows FROM ping_results')).toEqual([{ rows: 2 }]);
  });

  it('never drops all there is, unless the disk is full', async () => {
    await smallDays(40, 40);
    await smallDays(31, 31);
    await rolledUp();
    await database.query(`INSERT INTO state_events (device_num, at, to_state, cause) VALUES (999, $1, 'up', 'probe')`, [
      dayBefore(800),
    ]);
    expect(await retention.cleanUp(NOW, 30)).toEqual({ dropped: [], kept: [], freed_bytes: 0, events_removed: 0 });
    free = 4.9;
    expect(await retention.cleanUp(NOW, 30)).toMatchObject({
      dropped: [expect.any(String), expect.any(String)],
      events_removed: 1,
    });
  });

  it('keeps of each device the last event before the cut', async () => {
    await addDevices(database, 1);
    for (const [num, days] of [
      [1, 800],
      [1, 790],
      [1, 780],
      [1, 10],
      [999, 800],
    ]) {
      await database.query(
        `INSERT INTO state_events (device_num, at, to_state, cause) VALUES ($1, $2, 'up', 'probe')`,
        [num, dayBefore(days!)],
      );
    }
    expect(await retention.cleanUp(NOW, 30)).toMatchObject({ events_removed: 3 });
    expect(await database.query('SELECT at FROM state_events ORDER BY at')).toEqual([
      { at: dayBefore(780) },
      { at: dayBefore(10) },
    ]);
  });
});
