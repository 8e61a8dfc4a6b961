// `npm run bench:<name>`: compiles the benchmarks together with the product and runs one. By hand, never in CI.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { prepare, root } from './prepare.mjs';

const [name, ...args] = process.argv.slice(2);
prepare();
const run = (...command) => {
  const { status } = spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
};
run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.bench.json');
run('--expose-gc', '--enable-source-maps', join('dist-bench', 'test', 'bench', `${name}.bench.js`), ...args);
