import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { median, spread, table } from './figures.js';
import { startScript } from './processes.js';

/**
 * A refresh of 1,000 nodes, 2,000 services and 100,000 tasks (collect, judge, encode for every tier) against reading the same
 * bodies whole and JSON.parse. Each run in a fresh process, in turn; the synthetic daemon runs in its own.
 */
interface Run {
  seconds: number;
  growthMb: number;
}
const [rounds = 5] = process.argv.slice(2).map(Number);
const { ready } = await startScript('support/fake-engine-cli.js', '1000', '2000', '100000');
const once = async (way: 'ours' | 'parse'): Promise<Run> => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    'dist-bench/test/bench/refresh-once.js',
    way,
    String(ready['dockerHost']),
  ]);
  return JSON.parse(stdout) as Run;
};

await once('ours');
await once('parse');
const pairs: { ours: Run; parse: Run }[] = [];
for (let round = 0; round < rounds; round++) pairs.push({ ours: await once('ours'), parse: await once('parse') });
const all = (way: 'ours' | 'parse', figure: keyof Run): number[] => pairs.map((pair) => pair[way][figure]);
process.stdout.write(`${(Number(ready['bytes']) / 1e6).toFixed(0)} MB of JSON; ${rounds} alternating rounds\n`);
table([
  ['', 'refresh', 'read and parse', 'ratio'],
  [
    'seconds',
    median(all('ours', 'seconds')).toFixed(2),
    median(all('parse', 'seconds')).toFixed(2),
    spread(pairs.map(({ ours, parse }) => ours.seconds / parse.seconds)),
  ],
  ['peak memory growth, MB', spread(all('ours', 'growthMb'), 0), spread(all('parse', 'growthMb'), 0), ''],
]);
process.exit(0);
