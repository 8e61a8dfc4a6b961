import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as breathe } from 'node:timers/promises';
import { recordStatements } from '../support/count-statements.js';
import { startTestPostgres } from '../support/postgres.js';
import { makePartitions } from '../support/reports-data.js';
import { startRulesLab } from '../support/rules-lab.js';
import { median, spread, table } from './figures.js';
import { addLoopbackDevices } from './loopback-devices.js';
import { memoryMb, treeCpuMs } from './proc.js';

/** 400 devices over 12 hours in single results every 30 s, 576,000 of them, asked for over HTTP; then two at once. */
const [rounds = 3] = process.argv.slice(2).map(Number);
const DEVICES = 400;
const HOURS = 12;
const RULES = [
  { expression: 'device.down_seconds >= 60' },
  { expression: 'icmp.rtt_ms > 45', for_seconds: 60 },
  { expression: 'avg(icmp.loss_percent, 5m) > 20', recovery: { expression: 'avg(icmp.loss_percent, 5m) < 5' } },
  { expression: 'avg(icmp.loss_percent, 10m) > 20 or max(icmp.rtt_ms, 5m) > 49 or icmp.no_data_seconds > 300' },
];

const postgres = await startTestPostgres();
const lab = await startRulesLab(await postgres.createDatabase());
const from = new Date(Math.floor(Date.now() / 86_400_000) * 86_400_000 - 86_400_000);
const query = `?from=${from.toISOString()}&to=${new Date(from.getTime() + HOURS * 3_600_000).toISOString()}`;
await fill();

const ask = (rule: object) =>
  lab.call<{ totals: Record<string, number> }>('POST', `/alert-rules/backtest${query}`, rule);
const rows = [
  ['rule', 's', 'CPU with PostgreSQL, s', 'longest wait of others, ms', 'statements', 'alerts', 'firing, s'],
];
for (const rule of RULES) rows.push(await measure(rule.expression, [rule]));
rows.push(await measure('the last, two at once', [RULES[3]!, RULES[3]!]));
table(rows);
process.stdout.write(`Most memory (RSS): ${memoryMb(process.pid, 'VmHWM').toFixed(0)} MB\n`);
await lab.close();
await postgres.stop();
process.exit(0);

async function measure(name: string, rules: object[]): Promise<string[]> {
  const seconds: number[] = [];
  const cpu: number[] = [];
  const waits: number[] = [];
  let [statements, answer] = [0, await ask(rules[0]!)];
  for (let round = 0; round < rounds; round++) {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    // What the filling and the round before have left is not this one's.
    global.gc?.();
    await breathe();
    delay.enable();
    const cpuBefore = treeCpuMs(process.pid);
    const began = performance.now();
    const sent = await recordStatements(lab.database, async () => {
      [answer] = (await Promise.all(rules.map(ask))) as [typeof answer];
    });
    seconds.push((performance.now() - began) / 1_000);
    cpu.push((treeCpuMs(process.pid) - cpuBefore) / 1_000);
    delay.disable();
    waits.push(delay.max / 1e6);
    statements = sent.length;
  }
  if (answer.status !== 200) throw new Error(answer.text);
  const { alerts, firing_seconds: firing } = answer.data.totals;
  return [
    name,
    spread(seconds),
    spread(cpu),
    median(waits).toFixed(0),
    String(statements),
    String(alerts),
    String(firing),
  ];
}

/** A calm network: one result in 200 is lost, every tenth device is bad for half an hour, and every fiftieth is down for ten minutes. */
async function fill(): Promise<void> {
  await addLoopbackDevices(lab.database, DEVICES);
  const before = new Date(from.getTime() - 86_400_000);
  await makePartitions(lab.database, 'ping_results', before, 3);
  await lab.database.query(
    `INSERT INTO state_events (device_num, at, to_state, cause)
     SELECT num, $1::timestamptz - interval '1 hour', 'up', 'probe' FROM devices
     UNION ALL
     SELECT num, $1::timestamptz + make_interval(mins => 60 + 10 * s), CASE s WHEN 0 THEN 'down' ELSE 'up' END, 'probe'
     FROM devices, generate_series(0, 1) s WHERE num % 50 = 7`,
    [from.toISOString()],
  );
  // As they are written: cycle after cycle.
  await lab.database.query(
    `INSERT INTO ping_results (ts, device_num, sent, received, status, rtt_min, rtt_avg, rtt_max, jitter)
     SELECT $1::timestamptz + make_interval(secs => 30 * n), num, 3, got, (got = 0)::int, CASE WHEN got > 0 THEN rtt - 1 END,
            CASE WHEN got > 0 THEN rtt END, CASE WHEN got > 0 THEN rtt + 1 END, CASE WHEN got > 0 THEN 0.5 END
     FROM (
       SELECT n, num, 10 + abs(hashint4(num * 4000 + n)) % 4000 / 100.0 AS rtt,
              CASE WHEN num % 50 = 7 AND n BETWEEN 120 AND 139 THEN 0
                   WHEN num % 10 = 3 AND n BETWEEN 400 AND 460 THEN abs(hashint4(num + n)) % 4
                   WHEN abs(hashint4(num * 4000 + n)) % 200 = 0 THEN 2 ELSE 3 END AS got
       FROM generate_series(-120, $2::int * 120 - 1) n CROSS JOIN (SELECT num FROM devices ORDER BY num) d
     ) r`,
    [from.toISOString(), HOURS],
  );
  await lab.database.query('VACUUM ANALYZE');
}
