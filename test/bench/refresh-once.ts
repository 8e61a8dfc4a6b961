import 'reflect-metadata';
import { request } from 'node:http';
import { readSettings } from '../../src/platform/config/read-settings.js';
import { DockerodeSwarmClient } from '../../src/swarm/engine/dockerode-swarm.client.js';
import { encodePicture } from '../../src/swarm/picture/picture-codec.js';
import { assessSwarm } from '../../src/swarm/rules/assess-swarm.js';

/** One refresh in a fresh process, our way or by reading and parsing whole bodies; prints its time and memory. */
const [way, dockerHost = ''] = process.argv.slice(2);
const work = way === 'ours' ? refresh : readAndParse;
global.gc?.();
const before = process.memoryUsage.rss();
const started = performance.now();
const size = await work();
const seconds = (performance.now() - started) / 1000;
const growthMb = (process.resourceUsage().maxRSS * 1024 - before) / 1e6;
process.stdout.write(`${JSON.stringify({ seconds, growthMb, size })}\n`);
process.exit(0);

async function refresh(): Promise<number> {
  const client = new DockerodeSwarmClient(readSettings({ DOCKER_HOST: dockerHost }));
  const collection = await client.collect(AbortSignal.timeout(60_000));
  if (collection.kind !== 'facts') throw new Error('No swarm');
  const { picture } = assessSwarm({
    facts: collection.facts,
    memory: { downSince: {}, failures: {} },
    now: new Date(),
    taskSize: { cpus: 0.1, memoryMegabytes: 100 },
    revision: 'benchmark',
    collection: {
      collectionTimeSeconds: 0,
      taskCollectionTimeSeconds: 0,
      nodeCount: 0,
      serviceCount: 0,
      taskCount: 0,
      apiCalls: collection.calls.length,
      cacheUsed: false,
    },
  });
  return (await encodePicture(picture)).length;
}

async function readAndParse(): Promise<number> {
  const bodies = await Promise.all(['/info', '/nodes', '/services?status=true', '/tasks'].map(read));
  const parsed = bodies.map((body) => JSON.parse(body.toString('utf8')) as unknown);
  return parsed.length;
}

function read(path: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    request({ socketPath: dockerHost.replace('unix://', ''), path }, (response) => {
      response.on('data', (part: Buffer) => parts.push(part)).on('end', () => resolve(Buffer.concat(parts)));
    })
      .on('error', reject)
      .end();
  });
}
