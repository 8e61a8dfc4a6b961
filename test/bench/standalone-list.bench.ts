import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { DataSource } from 'typeorm';
import { startTestPostgres } from '../support/postgres.js';
import { fillInventory, fillPings, fillStates, makePartitions } from '../support/reports-data.js';
import { startReportsLab } from '../support/reports-lab.js';
import { median, table } from './figures.js';

/**
 * `GET /api/v1/devices/standalone/list` of 875 devices, as the server's own request log times it, over one million ping rows and, with
 * `ROWS=75000000`, over as many: its time must not depend on them. Beside it what the old system did: the latest ping of each device by
 * `DISTINCT ON`, and by one query a device.
 */
const DEVICES = 875;
const FIRST_ROWS = 1_000_000;
const rows = Number(process.env['ROWS'] ?? FIRST_ROWS);
const [rounds = 400] = process.argv.slice(2).map(Number);

const DAY_MS = 86_400_000;
const EVERY_SECONDS = 30;
const begin = Math.floor(Date.now() / DAY_MS) * DAY_MS - 35 * DAY_MS;
const cyclesOf = (count: number): number => Math.ceil(count / DEVICES);

const postgres = await startTestPostgres();
const database = await postgres.openDataSource({ settings: { databaseStatementTimeoutMs: 600_000 } });
await fillInventory(database, { devices: DEVICES, sites: 60 });
await fillStates(database);
await makePartitions(database, 'ping_results', new Date(begin), 36);
const lab = await startReportsLab(database, { debug: true });

const figures = [['ping rows', 'list p50 ms', 'list p95 ms', 'DISTINCT ON p50 ms', 'N+1 p50 ms']];
await fill(0, cyclesOf(FIRST_ROWS));
const small = await measure(FIRST_ROWS);
let large: number | undefined;
if (rows > FIRST_ROWS) {
  await fill(cyclesOf(FIRST_ROWS), cyclesOf(rows));
  large = await measure(rows);
}
table(figures);
if (large !== undefined) process.stdout.write(`p95 ratio ${(large / small).toFixed(2)}\n`);
await lab.close();
await postgres.stop();
process.exit(0);

/** Cycles from one to the other, a day at a time. */
async function fill(from: number, to: number): Promise<void> {
  const aDay = DAY_MS / 1_000 / EVERY_SECONDS;
  for (let cycle = from; cycle < to; cycle += aDay) {
    await fillPings(database, {
      from: new Date(begin + cycle * EVERY_SECONDS * 1_000),
      devices: DEVICES,
      cycles: Math.min(aDay, to - cycle),
      everySeconds: EVERY_SECONDS,
    });
  }
  await database.query('VACUUM ANALYZE ping_results');
}

async function measure(count: number): Promise<number> {
  await ask(50);
  lab.logged.length = 0;
  await ask(rounds);
  const times = lab.logged.map(({ fields }) => Number(fields['duration_ms']));
  if (times.length !== rounds) throw new Error(`${times.length} requests were logged, ${rounds} were made`);
  const p95 = percentile(times, 0.95);
  const slow = count > FIRST_ROWS ? 3 : 10;
  figures.push([
    count.toLocaleString('en'),
    median(times).toFixed(2),
    p95.toFixed(2),
    median(await repeat(slow, () => latestByDistinctOn(database))).toFixed(0),
    median(await repeat(slow, () => latestOneByOne(database))).toFixed(0),
  ]);
  return p95;
}

/** Asked by a thread of its own, or the client's reading would count as the server's time. */
async function ask(times: number): Promise<void> {
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
