import type { DataSource } from 'typeorm';
import { AdvisoryLock } from '../../src/platform/database/advisory-lock.store.js';
import { partitionsWanted } from '../../src/probes/history/partition-calendar.js';
import { Partitions } from '../../src/probes/history/partitions.store.js';
import { Retention } from '../../src/probes/history/retention.store.js';
import { Rollups } from '../../src/probes/history/rollups.store.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';

const NOW = new Date('2026-11-21T12:34:56Z');
const wanted = partitionsWanted(NOW).map(({ name }) => name);

// Real: PostgreSQL, the product's tables.
describe('partitions', () => {
  let postgres: TestPostgres;
  let database: DataSource;
  beforeAll(async () => {
    postgres = await startTestPostgres();
  });
  beforeEach(async () => {
    database = await postgres.openDataSource();
  });
  afterAll(() => postgres.stop());

  it('are made once, by whoever of several comes first', async () => {
    const made = await Promise.all(Array.from({ length: 4 }, () => new Partitions(database).ensure(NOW)));
    expect(made.flatMap(({ created }) => created).sort()).toEqual([...wanted].sort());
    expect(await new Partitions(database).status(NOW)).toEqual({ missing: [] });
  });

  it('have the indexes of their table, and no constraint but its bounds', async () => {
    await new Partitions(database).ensure(NOW);
    const indexes: { parent: string }[] = await database.query(
      `SELECT i.inhparent::regclass::text AS parent FROM pg_index x JOIN pg_inherits i ON i.inhrelid = x.indexrelid
       WHERE x.indrelid IN ('ping_results_20261121'::regclass, 'ping_5m_20261116'::regclass) ORDER BY 1`,
    );
    expect(indexes.map(({ parent }) => parent)).toEqual([
      'ping_5m_bucket_idx',
      'ping_5m_pkey',
      'ping_results_device_idx',
      'ping_results_ts_idx',
    ]);
    expect(
      await database.query(`SELECT conname FROM pg_constraint WHERE contype = 'c' AND conname LIKE '%bounds'`),
    ).toEqual([]);
  });

  it('that are missing are told, and made again; one that was detached comes back with its rows', async () => {
    const partitions = new Partitions(database);
    await partitions.ensure(NOW);
    await database.query(`INSERT INTO ping_results VALUES ('2026-11-21T10:00:00Z', 1, 3, 3, 0)`);
    await database.query('DROP TABLE ping_results_20261122');
    await database.query('ALTER TABLE ping_results DETACH PARTITION ping_results_20261121');
    expect(await partitions.status(NOW)).toEqual({ missing: ['ping_results_20261121', 'ping_results_20261122'] });
    expect(await partitions.ensure(NOW)).toEqual({ created: ['ping_results_20261121', 'ping_results_20261122'] });
    expect(await database.query('SELECT device_num FROM ping_results')).toEqual([{ device_num: 1 }]);
  });

  it('of old days are made on demand', async () => {
    const partitions = new Partitions(database);
    const day = new Date('2026-02-28T23:00:00Z');
    expect(await partitions.ensureDay('ping_results', day)).toEqual({ created: ['ping_results_20260228'] });
    expect(await partitions.ensureDay('ping_results', day)).toEqual({ created: [] });
  });

  it('roll up, and go when they are old', async () => {
    const partitions = new Partitions(database);
    // Now, because PostgreSQL's own clock has a say.
    const now = new Date();
    const day = new Date(now.getTime() - 40 * 86_400_000).toISOString().slice(0, 10);
    await partitions.ensureDay('ping_results', new Date(day));
    await partitions.ensure(now);
    await database.query(
      `INSERT INTO ping_results VALUES ('${day}T10:00:00Z', 1, 3, 3, 0, 1, 2, 3, 0.1), ('${day}T10:00:30Z', 1, 3, 0, 1, NULL, NULL, NULL, NULL),
         ('${day}T10:01:00Z', 1, 0, 0, 2, NULL, NULL, NULL, NULL), (now(), 2, 3, 3, 0, 1, 2, 3, 0.1)`,
    );
    const lock = new AdvisoryLock(database);
    const retention = new Retention(database, lock, { freePercent: async () => 50 });
    expect(await retention.cleanUp(now, 30)).toMatchObject({
      dropped: [],
      kept: [{ reason: 'its rollups are not done yet' }],
    });
    expect(await new Rollups(database, lock).run(now)).toMatchObject({ ran: true, redone: 0 });
    expect(await database.query('SELECT cycles, sent, received, rtt_avg FROM ping_5m WHERE device_num = 1')).toEqual([
      { cycles: 2, sent: 6, received: 3, rtt_avg: 2 },
    ]);
    expect(await database.query('SELECT cycles FROM ping_1h WHERE device_num = 1')).toEqual([{ cycles: 2 }]);
    expect(await retention.cleanUp(now, 30)).toMatchObject({
      dropped: [`ping_results_${day.replaceAll('-', '')}`],
      kept: [],
    });
    expect(await retention.cleanUp(now, 30)).toMatchObject({ dropped: [], kept: [] });
  }, 120_000);
});
