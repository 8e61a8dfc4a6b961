import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spread, table } from './figures.js';
import { startProduct } from './processes.js';

/** Time from the start of the process to `/health/ready`: with an empty data folder, and again with the one that is there. */
const [rounds = 7] = process.argv.slice(2).map(Number);
const first: number[] = [];
const again: number[] = [];
for (let round = 0; round < rounds; round++) {
  const dataDir = mkdtempSync(join(tmpdir(), 'swarmward-bench-'));
  chmodSync(dataDir, 0o755);
  for (const times of [first, again]) {
    const product = await startProduct({}, dataDir);
    times.push(product.readyMs / 1000);
    await product.stop();
  }
  rmSync(dataDir, { recursive: true, force: true });
}
table([
  ['start', 'seconds until ready, median (least–greatest)'],
  ['first, empty data folder', spread(first)],
  ['again', spread(again)],
]);
process.exit(0);
