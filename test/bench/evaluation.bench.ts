import type { DataSource } from 'typeorm';
import { readCondition } from '../../src/alerts/engine/language/parse-condition.js';
import { deviceSignalStatement } from '../../src/probes/signals/device-signal-sql.js';
import { keepHeapSmall } from '../../src/platform/observability/small-heap.driver.js';
import { ProbeSignalSource } from '../../src/probes/signals/probe-signal-source.store.js';
import { signalsOf } from '../../src/alerts/engine/language/compile-condition.js';
import { AlertLab, openAlertDatabase } from '../support/alert-lab.js';
import { recordStatements } from '../support/count-statements.js';
import { startTestPostgres } from '../support/postgres.js';
import { median, spread, table } from './figures.js';
import { addLoopbackDevices } from './loopback-devices.js';
import { memoryMb } from './proc.js';

/**
 * A whole pass (what alerts are, values out of device_state with its rings, judging, writing) of 40 rules over 875 and 10,000 devices,
 * warm, in the middle of a calm network: one device in a hundred is down. Then the form with one query per device and rule, for 875.
 */
// As the process of a scheduler does.
keepHeapSmall();
const [passes = 60] = process.argv.slice(2).map(Number);
const RULES = 40;
const SAMPLES = 20;
const WARM_UP = 5;

const postgres = await startTestPostgres();
const figures = [
  ['devices', 'p50, ms', 'p95, ms', 'most, ms', 'values, ms', 'statements', 'values judged', 'firing', 'memory, MB'],
];
const before = memoryMb(process.pid, 'VmRSS');
for (const devices of [875, 10_000]) figures.push(await measure(devices));
process.stdout.write(`${passes} passes of ${RULES} rules; the process took ${before.toFixed(0)} MB before\n`);
table(figures);
await compareWithOneByOne(875);
await postgres.stop();
process.exit(0);

async function measure(devices: number): Promise<string[]> {
  const database = await openAlertDatabase(postgres);
  await fill(database, devices);
  const source = new ProbeSignalSource(database);
  const read = source.read.bind(source);
  const reading: number[] = [];
  source.read = async (signals) => {
    const began = performance.now();
    const readings = await read(signals);
    reading.push(performance.now() - began);
    return readings;
  };
  const lab = new AlertLab(database, [source]);
  for (const [index, text] of ruleTexts().entries()) {
    await lab.addRule({
      name: `Rule ${index}`,
      condition: readCondition(text).condition,
      scope: { kind: 'devices', selector: index % 4 === 0 ? { tags: [`tag${index % 8}`] } : { all: true } },
      for: index % 3 === 0 ? 60 : 0,
    });
  }
  for (let turn = 0; turn < WARM_UP; turn++) await lab.pass();
  reading.length = 0;
  const times: number[] = [];
  let [targets, firing, statements] = [0, 0, 0];
  let most = 0;
  for (let turn = 0; turn < passes; turn++) {
    const began = performance.now();
    const sent = await recordStatements(database, async () => {
      ({ targets, firing } = (await lab.pass()).figures);
    });
    times.push(performance.now() - began);
    statements = Math.max(statements, sent.length);
    most = Math.max(most, memoryMb(process.pid, 'VmRSS'));
  }
  await database.destroy();
  const sorted = times.sort((a, b) => a - b);
  return [
    devices.toLocaleString('en'),
    median(times).toFixed(0),
    sorted[Math.floor(sorted.length * 0.95)]!.toFixed(0),
    sorted.at(-1)!.toFixed(0),
    spread(reading, 0),
    String(statements),
    targets.toLocaleString('en'),
    String(firing),
    most.toFixed(0),
  ];
}

/** Forty that differ: states, last values, and windows of four aggregations and lengths. */
function ruleTexts(): string[] {
  const windows = ['1m', '2m', '5m', '10m'];
  return Array.from({ length: RULES }, (_, index) => {
    const window = windows[index % windows.length]!;
    switch (index % 5) {
      case 0:
        return `device.down_seconds >= ${60 + index}`;
      case 1:
        return `avg(icmp.loss_percent, ${window}) > ${20 + index} and device.down_seconds == 0`;
      case 2:
        return `avg(icmp.rtt_ms, ${window}) > ${100 + index}`;
      case 3:
        return `icmp.rtt_ms > ${200 + index} and max(icmp.rtt_ms, ${window}) > 300`;
      default:
        return `min(icmp.loss_percent, ${window}) > ${index} or device.no_data_seconds > 600`;
    }
  });
}

async function fill(database: DataSource, devices: number): Promise<void> {
  await addLoopbackDevices(database, devices);
  await database.query(`UPDATE devices SET tags = ARRAY['tag' || num % 8]`);
  await database.query(
    `INSERT INTO device_state (device_num, state, since, down_since, cause, last_at, fresh_until, last_ok_at, outcome, sent, received, loss_percent,
                               rtt_min, rtt_avg, rtt_max, jitter, history_length, ring_at, ring_loss, ring_rtt)
     SELECT d.num, CASE WHEN down THEN 'down' ELSE 'up' END, now() - interval '1 day', CASE WHEN down THEN now() - interval '1 day' END, 'probe',
            now(), now() + interval '1 day', now(), CASE WHEN down THEN 'failed' ELSE 'ok' END, 3, CASE WHEN down THEN 0 ELSE 3 END,
            CASE WHEN down THEN 100 ELSE 0 END, 0.03, 0.05, 0.07, 0.01, 20,
            ARRAY(SELECT extract(epoch FROM now())::int - 30 * s FROM generate_series($1::int - 1, 0, -1) AS s),
            ARRAY(SELECT CASE WHEN down THEN 100 ELSE 0 END FROM generate_series(1, $1::int)),
            ARRAY(SELECT 0.04 + s * 0.001 FROM generate_series(1, $1::int) AS s)
     FROM (SELECT num, num % 100 = 7 AS down FROM devices) d`,
    [SAMPLES],
  );
  await database.query('VACUUM ANALYZE');
}

/** Only the values, not even the alerts that are open: as many queries as there are devices and rules, ten at a time. */
async function compareWithOneByOne(devices: number): Promise<void> {
  const database = await openAlertDatabase(postgres);
  await fill(database, devices);
  const statements = ruleTexts().map((text) =>
    deviceSignalStatement(signalsOf(readCondition(text).condition)).replace('WHERE d.enabled', '$& AND d.num = $1'),
  );
  const jobs = statements.flatMap((sql) => Array.from({ length: devices }, (_, num) => ({ sql, num })));
  const began = performance.now();
  let next = 0;
  const workers = Array.from({ length: 10 }, async () => {
    for (let job = jobs[next++]; job; job = jobs[next++]) await database.query(job.sql, [job.num]);
  });
  await Promise.all(workers);
  const took = performance.now() - began;
  process.stdout.write(
    `One query per device and rule, ${jobs.length.toLocaleString('en')} in all: ${(took / 1_000).toFixed(1)} s\n`,
  );
  await database.destroy();
}
