import { AdvisoryLock } from '../../src/platform/database/advisory-lock.store.js';
import { Partitions } from '../../src/probes/history/partitions.store.js';
import { Rollups } from '../../src/probes/history/rollups.store.js';
import { addDayOfPings, addDevices } from '../support/history-lab.js';
import { startTestPostgres } from '../support/postgres.js';
import { table } from './figures.js';

/** A day of 2.5 million results (868 devices, every 30 s) to 5-minute and hourly rollups, after a stop of a day: all in one run. */
const DEVICES = 868;
const DAY = '2026-11-20';
const postgres = await startTestPostgres();
try {
  const database = await postgres.openDataSource({ settings: { databaseStatementTimeoutMs: 600_000 } });
  await addDevices(database, DEVICES);
  await new Partitions(database).ensure(new Date(`${DAY}T00:00:00Z`));
  await database.query(
    `INSERT INTO state_events (device_num, at, to_state, cause)
     SELECT num, '${DAY}'::timestamptz + make_interval(hours => h), CASE h % 2 WHEN 0 THEN 'up' ELSE 'down' END, 'probe'
     FROM devices, generate_series(0, 5) AS h`,
  );
  await addDayOfPings(database, DAY, DEVICES, 30);
  await database.query('ANALYZE devices, state_events');
  const began = performance.now();
  const { slices } = await new Rollups(database, new AdvisoryLock(database)).run(new Date('2026-11-21T00:01:00Z'));
  const seconds = (performance.now() - began) / 1_000;
  const [size]: { raw: number; five: number; hour: number }[] = await database.query(
    `SELECT (pg_total_relation_size('ping_results_20261120') / (SELECT count(*) FROM ping_results))::int AS raw,
            (pg_total_relation_size('ping_5m_20261116') / (SELECT count(*) FROM ping_5m))::int AS five,
            (pg_total_relation_size('ping_1h_202611') / (SELECT count(*) FROM ping_1h))::int AS hour`,
  );
  table([
    ['raw rows', 'seconds', 'slices', 'bytes a row: ping_results', 'ping_5m', 'ping_1h'],
    [
      String(DEVICES * 2_880),
      seconds.toFixed(1),
      String(slices),
      String(size!.raw),
      String(size!.five),
      String(size!.hour),
    ],
  ]);
} finally {
  await postgres.stop();
}
process.exit(0);
