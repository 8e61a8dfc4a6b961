import { fork } from 'node:child_process';
import { once } from 'node:events';
import { ChannelDriver } from '../../src/notifications/channels/channel-driver.port.js';
import { JsonPoster } from '../../src/notifications/channels/drivers/json-poster.driver.js';
import { WebhookDriver } from '../../src/notifications/channels/drivers/webhook.driver.js';
import { CHANNEL_CONCURRENCY } from '../../src/notifications/dispatch/channel-gate.js';
import { OutboundClient } from '../../src/notifications/outbound/outbound.client.js';
import { outboundPolicy } from '../../src/notifications/outbound/outbound-guard.js';
import { DispatchLab } from '../support/dispatch-lab.js';
import { eventually } from '../support/eventually.js';
import { startTestPostgres } from '../support/postgres.js';
import { median, spread, table } from './figures.js';

/**
 * The outbox drained: 10,000 alerts, each a notice of its own, planned, claimed, sent by the webhook driver to a receiver on loopback in
 * a process of its own, and written down; against our HTTP client alone with the same bodies and as many at once. Both in alternating rounds.
 */
const [rounds = 3, alerts = 10_000] = process.argv.slice(2).map(Number);

const receiver = fork(new URL('dispatch-receiver.js', import.meta.url));
const [port] = (await once(receiver, 'message')) as [number];
const url = `http://127.0.0.1:${port}/`;
const postgres = await startTestPostgres();
const database = await postgres.openDataSource();
const lab = new DispatchLab(database);
const outbound = new OutboundClient(outboundPolicy(lab.settings, 'test'));
const drivers: ChannelDriver[] = [new WebhookDriver(new JsonPoster(outbound))];

globalThis.gc?.();
const before = process.memoryUsage.rss();
const ours: number[] = [];
const bare: number[] = [];
const grown: number[] = [];
for (let round = -1; round < rounds; round++) {
  const drained = await drain();
  const sent = await sendBare();
  if (round < 0) continue;
  ours.push(drained.rate);
  grown.push(drained.grownMb);
  bare.push(sent);
}
table([
  ['', 'deliveries/s', 'ratio', 'peak memory growth, MB'],
  ['outbox to delivered', spread(ours, 0), spread(ours.map((rate, round) => rate / bare[round]!)), spread(grown, 0)],
  ['HTTP client alone', spread(bare, 0), '', ''],
]);
process.stdout.write(`${alerts} deliveries in ${(alerts / median(ours)).toFixed(1)} s\n`);
outbound.close();
await postgres.stop();
receiver.kill();
process.exit(0);

async function drain(): Promise<{ rate: number; grownMb: number }> {
  await lab.reset();
  await lab.channel('ops', { config: { url, secret: 'a-secret-for-the-signature', format: 'swarmward', headers: {} } });
  await lab.fire(...Array.from({ length: alerts }, (_, index) => ({ name: `device-${index}`, site: `site-${index}` })));
  await database.query('ANALYZE alerts, alert_outbox, deliveries, delivery_alerts');
  await counted();
  globalThis.gc?.();
  let peak = before;
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 20);
  const began = performance.now();
  lab.start(lab.dispatcher(undefined, undefined, drivers));
  await eventually(
    async () => {
      const [row] = await database.query<[{ left: number }]>(
        `SELECT ($1 - count(*))::int AS left FROM deliveries WHERE state = 'delivered'`,
        [alerts],
      );
      if (row.left > 0) throw new Error(`${row.left} are left`);
    },
    // Counting takes the database as long as a dozen deliveries.
    { timeoutMs: 120_000, everyMs: 250 },
  );
  const seconds = (performance.now() - began) / 1_000;
  clearInterval(watch);
  await lab.stop();
  const { keys, requests } = await counted();
  if (keys !== alerts || requests !== alerts) throw new Error(`${requests} requests with ${keys} keys`);
  return { rate: alerts / seconds, grownMb: (peak - before) / 1e6 };
}

async function sendBare(): Promise<number> {
  const bodies = (await database.query<{ body: string }[]>('SELECT content::text AS body FROM deliveries')).map(
    ({ body }) => body,
  );
  const { signal } = new AbortController();
  const began = performance.now();
  const worker = async (): Promise<void> => {
    for (let body = bodies.pop(); body !== undefined; body = bodies.pop()) {
      const headers = { 'content-type': 'application/json' };
      const answer = await outbound.send({ method: 'POST', url, headers, body }, signal);
      if (answer.kind !== 'answered') throw new Error(answer.error);
    }
  };
  await Promise.all(Array.from({ length: CHANNEL_CONCURRENCY }, worker));
  const rate = alerts / ((performance.now() - began) / 1_000);
  const { requests } = await counted();
  if (requests !== alerts) throw new Error(`${requests} bare requests`);
  return rate;
}

async function counted(): Promise<{ keys: number; requests: number }> {
  return (await fetch(url)).json() as Promise<{ keys: number; requests: number }>;
}
