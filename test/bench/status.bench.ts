import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import autocannon from 'autocannon';
import { median, spread, table } from './figures.js';
import { startProduct, startScript, TOKEN } from './processes.js';

/**
 * `GET /api/v1/status/swarm` for 100 nodes, with its token, against a bare Fastify route that sends the same bytes. Both run all
 * the time; rounds alternate, so that both see the same machine.
 */
const [rounds = 5, seconds = 4] = process.argv.slice(2).map(Number);
const engine = await startScript('support/fake-engine-cli.js', '100', '50', '1000');
const product = await startProduct({
  DOCKER_HOST: String(engine.ready['dockerHost']),
  SWARMWARD_SWARM_REFRESH_SECONDS: '5',
});
const url = `${product.url}/api/v1/status/swarm`;
const headers = { authorization: `Bearer ${TOKEN}` };

const body = await untilCollected();
const file = join(mkdtempSync(join(tmpdir(), 'swarmward-bench-')), 'body.json');
writeFileSync(file, body);
const bare = await startScript('bench/bare-fastify.js', file);
const bareUrl = String(bare.ready['url']);

const cases = [
  { name: 'plain', ours: { url, headers: { ...headers, 'accept-encoding': 'identity' } }, theirs: `${bareUrl}/plain` },
  { name: 'gzip', ours: { url, headers: { ...headers, 'accept-encoding': 'gzip' } }, theirs: `${bareUrl}/gzip` },
  { name: '304', ours: { url, headers: { ...headers, 'if-none-match': '*' } }, theirs: `${bareUrl}/304` },
];
const rows = [['case', 'ours, requests/s', 'bare, requests/s', 'ratio', 'p99 ms, ours', 'p99 ms, bare']];
for (const { name, ours, theirs } of cases) {
  await load(ours, 1);
  await load({ url: theirs }, 1);
  const pairs: { ours: Load; theirs: Load }[] = [];
  for (let round = 0; round < rounds; round++) {
    pairs.push({ ours: await load(ours, seconds), theirs: await load({ url: theirs }, seconds) });
  }
  rows.push([
    name,
    median(pairs.map((pair) => pair.ours.rate)).toFixed(0),
    median(pairs.map((pair) => pair.theirs.rate)).toFixed(0),
    spread(pairs.map((pair) => pair.ours.rate / pair.theirs.rate)),
    spread(
      pairs.map((pair) => pair.ours.p99),
      1,
    ),
    spread(
      pairs.map((pair) => pair.theirs.p99),
      1,
    ),
  ]);
}
process.stdout.write(`Body ${body.length} bytes; ${rounds} alternating rounds of ${seconds} s, 10 connections\n`);
table(rows);
await product.stop();
process.exit(0);

interface Load {
  rate: number;
  p99: number;
}

async function load(target: { url: string; headers?: Record<string, string> }, duration: number): Promise<Load> {
  const result = await autocannon({ ...target, connections: 10, duration });
  const wrong = result.non2xx - (result.statusCodeStats?.['304']?.count ?? 0);
  if (result.errors > 0 || wrong > 0) throw new Error(`${target.url}: ${result.errors} errors, ${wrong} wrong answers`);
  return { rate: result.requests.average, p99: result.latency.p99 };
}

async function untilCollected(): Promise<string> {
  for (;;) {
    const text = await (await fetch(url, { headers })).text();
    if ((JSON.parse(text) as { data: { total_nodes: number } }).data.total_nodes === 100) return text;
    await pause(50);
  }
}
