import type { DataSource } from 'typeorm';
import { CycleCommitStore, type ProbedTurn } from '../../src/probes/cycle/cycle-commit.store.js';
import { Partitions } from '../../src/probes/history/partitions.store.js';
import type { Observation } from '../../src/probes/state/device-state.js';
import { startTestPostgres } from '../support/postgres.js';
import { spread, table } from './figures.js';
import { addLoopbackDevices } from './loopback-devices.js';

/**
 * Rows a second of the commit of a cycle (claim, reading what is judged by, judging, results, states, events, notice) against a bare
 * COPY of the same results from a file beside the server: without a client, without states, without anything else. Then what a row
 * of results takes, indexes included, when it was written cycle by cycle.
 */
const [rounds = 10, cycles = 100] = process.argv.slice(2).map(Number);
const DEVICES = 10_000;
const INTERVAL_SECONDS = 30;
const WARM_UP = 3;
const DAY_MS = 86_400_000;
const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;

const postgres = await startTestPostgres();
const database = await postgres.openDataSource();
await new Partitions(database).ensure(new Date());
await addLoopbackDevices(database, DEVICES);
await compareWithCopy();
await measureRows();
await postgres.stop();
process.exit(0);

async function compareWithCopy(): Promise<void> {
  const store = new CycleCommitStore(database);
  const file = `${await setting(database, 'data_directory')}/rows.copy`;
  const ours: number[] = [];
  const copy: number[] = [];
  for (let round = -WARM_UP; round < rounds; round++) {
    const at = today + (round + WARM_UP) * INTERVAL_SECONDS * 1_000;
    const probed = turnAt(at);
    const commitMs = await timed(() => store.commit(probed));
    // Into the day after, so that both grow a partition of their own in the same way.
    await database.query(
      `COPY (SELECT ts + interval '1 day', device_num, sent, received, status, rtt_min, rtt_avg, rtt_max, jitter FROM ping_results
             WHERE ts = '${new Date(at).toISOString()}') TO '${file}'`,
    );
    const copyMs = await timed(() => database.query(`COPY ping_results FROM '${file}'`));
    if (round < 0) continue;
    ours.push(commitMs);
    copy.push(copyMs);
  }
  const [counted] = await database.query<[{ today: number; copied: number; states: number }]>(
    `SELECT count(*) FILTER (WHERE ts < $1)::int AS today, count(*) FILTER (WHERE ts >= $1)::int AS copied,
            (SELECT count(*)::int FROM device_state) AS states FROM ping_results`,
    [new Date(today + DAY_MS)],
  );
  const expected = DEVICES * (rounds + WARM_UP);
  if (counted.today !== expected || counted.copied !== expected || counted.states !== DEVICES) {
    throw new Error(`Rows are missing: ${JSON.stringify(counted)}`);
  }
  const rates = (times: number[]): string =>
    spread(
      times.map((ms) => DEVICES / (ms / 1_000)),
      0,
    );
  table([
    ['', 'ms', 'results a second', 'rows written'],
    ['commit of a cycle', spread(ours, 0), rates(ours), `${DEVICES} results and ${DEVICES} states`],
    ['bare COPY', spread(copy, 0), rates(copy), `${DEVICES} results`],
    ['share of the rate', spread(copy.map((ms, round) => ms / ours[round]!)), '', ''],
  ]);
}

/** Written in the order of time, as cycles do, so that pages of the indexes are split as they are in use. */
async function measureRows(): Promise<void> {
  const day = today + 2 * DAY_MS;
  const time = `to_timestamp($1::float8 / 1000)`;
  const writers = {
    ping_results: `SELECT ${time}, n, 3, 3, 0, 0.03, 0.05, 0.07, 0.01 FROM generate_series(1, $2::int) AS n`,
    snmp_results: `SELECT ${time}, n, n * 1.5, 0 FROM generate_series(1, $2::int) AS n`,
  };
  const figures = [['', 'rows', 'bytes a row', 'of it the table', 'its indexes']];
  for (const [name, select] of Object.entries(writers)) {
    for (let cycle = 0; cycle < cycles; cycle++) {
      await database.query(`INSERT INTO ${name} ${select}`, [day + cycle * INTERVAL_SECONDS * 1_000, DEVICES]);
    }
    const partition = `${name}_${new Date(day).toISOString().slice(0, 10).replaceAll('-', '')}`;
    const [size] = await database.query<[{ rows: number; total: number; indexes: number }]>(
      `SELECT count(*)::int AS rows, pg_total_relation_size('${partition}')::float8 AS total,
              pg_indexes_size('${partition}')::float8 AS indexes FROM ${partition}`,
    );
    const aRow = (bytes: number): string => (bytes / size.rows).toFixed(0);
    figures.push([
      name,
      size.rows.toLocaleString('en'),
      aRow(size.total),
      aRow(size.total - size.indexes),
      aRow(size.indexes),
    ]);
  }
  table(figures);
}

/** Every hundredth device has failed in this turn, as a calm network has it. */
function turnAt(at: number): ProbedTurn {
  const nums = Array.from({ length: DEVICES }, (_, index) => index);
  const turn = Math.round((at - today) / INTERVAL_SECONDS / 1_000);
  const rtt = { min: 0.031, avg: 0.048, max: 0.07, jitter: 0.012 };
  const observation = (num: number): Observation =>
    (num + turn) % 100 === 0
      ? { at, outcome: 'failed', sent: 3, received: 0, rtt: null, error: 'timeout', detail: null }
      : { at, outcome: 'ok', sent: 3, received: 3, rtt, error: null, detail: null };
  return {
    turn: { cycle: 'ping', kind: 'ping-30', shard: 0, intervalSeconds: INTERVAL_SECONDS, dueAt: new Date(at) },
    at,
    durationMs: 7_000,
    nums,
    observations: new Map(nums.map((num) => [num, observation(num)])),
    maintenance: new Map(),
    canaries: null,
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

async function setting(source: DataSource, name: string): Promise<string> {
  const [row] = await source.query<[{ value: string }]>('SELECT current_setting($1) AS value', [name]);
  return row.value;
}
