import 'reflect-metadata';
import { request } from 'node:http';
import { readSettings } from '../../src/platform/config/read-settings.js';
import { DockerodeSwarmClient } from '../../src/swarm/engine/dockerode-swarm.client.js';
import { spread, table } from './figures.js';
import { startScript } from './processes.js';

/**
 * Calls and time of one collection against the pattern of 2 + N(1 + S) calls (per node, per service and node) at 10 nodes and
 * 50 services. The pattern's calls are answered with two bytes each (`/_ping`), so its time here is less than it would really be.
 */
const [nodes, services] = [10, 50];
const [rounds = 20] = process.argv.slice(2).map(Number);
const { ready } = await startScript('support/fake-engine-cli.js', String(nodes), String(services), '500');
const dockerHost = String(ready['dockerHost']);
const client = new DockerodeSwarmClient(readSettings({ DOCKER_HOST: dockerHost }));
const patternCalls = 2 + nodes * (1 + services);

const ours: { ms: number; calls: number }[] = [];
const pattern: number[] = [];
for (let round = -2; round < rounds; round++) {
  let started = performance.now();
  const { calls } = await client.collect(AbortSignal.timeout(10_000));
  const collected = { ms: performance.now() - started, calls: calls.length };
  started = performance.now();
  for (let call = 0; call < patternCalls; call++) await ping();
  if (round < 0) continue;
  ours.push(collected);
  pattern.push(performance.now() - started);
}
table([
  ['', 'calls', 'ms'],
  [
    'one collection',
    String(Math.max(...ours.map(({ calls }) => calls))),
    spread(
      ours.map(({ ms }) => ms),
      1,
    ),
  ],
  ['2 + N(1 + S)', String(patternCalls), spread(pattern, 1)],
  ['ratio', '', spread(ours.map(({ ms }, round) => ms / pattern[round]!))],
]);
process.exit(0);

function ping(): Promise<void> {
  return new Promise((resolve, reject) => {
    request({ socketPath: dockerHost.replace('unix://', ''), path: '/_ping' }, (response) => {
      response.resume().on('end', resolve);
    })
      .on('error', reject)
      .end();
  });
}
