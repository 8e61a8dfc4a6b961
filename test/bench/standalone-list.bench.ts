import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { DataSource } from 'typeorm';
import type { HttpLab } from '../support/http-lab.js';
import { startTestPostgres } from '../support/postgres.js';
import { fillInventory, fillPings, fillStates, makePartitions } from '../support/reports-data.js';
import { startReportsLab } from '../support/reports-lab.js';
import { median, spread, table } from './figures.js';

/**
 * `GET /api/v1/devices/standalone/list` of 875 devices, as the server's own request log times it, over one million ping rows and, with
 * `ROWS=75000000`, over as many in a second database, in alternating rounds: its time must not depend on them. Beside it what the old
 * system did: the latest ping of each device by `DISTINCT ON`, and by one query a device.
 */
const DEVICES = 875;
const FIRST_ROWS = 1_000_000;
const moreRows = Number(process.env['ROWS'] ?? 0);
const [rounds = 5, requests = 200] = process.argv.slice(2).map(Number);

const DAY_MS = 86_400_000;
const EVERY_SECONDS = 30;
const CYCLES_A_DAY = DAY_MS / 1_000 / EVERY_SECONDS;

interface Case {
  rows: number;
  database: DataSource;
  lab: HttpLab;
  p50: number[];
  p95: number[];
}

const postgres = await startTestPostgres();
const cases: Case[] = [];
for (const rows of [FIRST_ROWS, moreRows]) if (rows > 0) cases.push(await prepare(rows));
for (const each of cases) await ask(each.lab, 50);
for (let round = 0; round < rounds; round++) {
  for (const each of cases) {
    const times = await measure(each.lab);
    each.p50.push(median(times));
    each.p95.push(percentile(times, 0.95));
  }
}
table([
  ['ping rows', 'list p50 ms', 'list p95 ms'],
  ...cases.map(({ rows, p50, p95 }) => [rows.toLocaleString('en'), spread(p50), spread(p95)]),
]);
const [small, large] = cases;
if (small && large) process.stdout.write(`p95 ratio ${spread(large.p95.map((ms, round) => ms / small.p95[round]!))}\n`);
const old = [['ping rows', 'DISTINCT ON, ms', 'a query a device, ms']];
for (const { rows, database } of cases) {
  old.push([
    rows.toLocaleString('en'),
    spread(await repeat(3, () => latestByDistinctOn(database)), 0),
    spread(await repeat(3, () => latestOneByOne(database)), 0),
  ]);
}
table(old);
for (const { lab } of cases) await lab.close();
await postgres.stop();
process.exit(0);

async function prepare(rows: number): Promise<Case> {
  const database = await postgres.openDataSource({ settings: { databaseStatementTimeoutMs: 600_000 } });
  await fillInventory(database, { devices: DEVICES, sites: 60 });
  await fillStates(database);
  const cycles = Math.ceil(rows / DEVICES);
  const days = Math.ceil(cycles / CYCLES_A_DAY);
  const begin = Math.floor(Date.now() / DAY_MS) * DAY_MS - days * DAY_MS;
  await makePartitions(database, 'ping_results', new Date(begin), days);
  for (let cycle = 0; cycle < cycles; cycle += CYCLES_A_DAY) {
    await fillPings(database, {
      from: new Date(begin + cycle * EVERY_SECONDS * 1_000),
      devices: DEVICES,
      cycles: Math.min(CYCLES_A_DAY, cycles - cycle),
      everySeconds: EVERY_SECONDS,
    });
  }
  await database.query('VACUUM ANALYZE ping_results');
  const lab = await startReportsLab(database, { debug: true });
  return { rows, database, lab, p50: [], p95: [] };
}

/** Times of requests, ms. */
async function measure(lab: HttpLab): Promise<number[]> {
  lab.logged.length = 0;
  await ask(lab, requests);
  const times = lab.logged.map(({ fields }) => Number(fields['duration_ms']));
  if (times.length !== requests) throw new Error(`${times.length} requests were logged, ${requests} were made`);
  return times;
}

/** Asked by a thread of its own, or the client's reading would count as the server's time. */
async function ask(lab: HttpLab, times: number): Promise<void> {
  const client = `
    const { workerData: { url, times }, parentPort } = require('node:worker_threads');
    (async () => {
      for (let n = 0; n < times; n++) {
        const response = await fetch(url, { headers: { 'accept-encoding': 'identity' } });
        if (response.status !== 200) throw new Error('Status ' + response.status);
        await response.arrayBuffer();
      }
      parentPort.postMessage('done');
    })();`;
  const url = `http://127.0.0.1:${lab.port}/api/v1/devices/standalone/list`;
  const worker = new Worker(client, { eval: true, workerData: { url, times } });
  await once(worker, 'message');
  await worker.terminate();
}

async function repeat(times: number, work: () => Promise<unknown>): Promise<number[]> {
  const taken: number[] = [];
  for (let round = 0; round < times; round++) {
    const start = performance.now();
    await work();
    taken.push(performance.now() - start);
  }
  return taken;
}

function latestByDistinctOn(source: DataSource): Promise<unknown> {
  return source.query(
    `SELECT d.*, p.* FROM devices d LEFT JOIN
       (SELECT DISTINCT ON (device_num) * FROM ping_results ORDER BY device_num, ts DESC) p ON p.device_num = d.num ORDER BY d.name`,
  );
}

async function latestOneByOne(source: DataSource): Promise<void> {
  const devices = await source.query<{ num: number }[]>('SELECT * FROM devices ORDER BY name');
  for (const { num } of devices) {
    await source.query('SELECT * FROM ping_results WHERE device_num = $1 ORDER BY ts DESC LIMIT 1', [num]);
  }
}

function percentile(values: number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.ceil(values.length * share) - 1]!;
}
