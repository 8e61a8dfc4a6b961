// `npm run check`: everything that CI runs. All steps run, so that one look shows all that is wrong; the tests come last.
import { spawnSync } from 'node:child_process';
import { prepare, root } from './prepare.mjs';

prepare();
const node = process.execPath;
const bin = (name) => `node_modules/${name}`;
const steps = [
  ['types', [bin('typescript-7/bin/tsc'), '-p', 'tsconfig.json', '--noEmit']],
  ['lint', [bin('oxlint/bin/oxlint'), '--deny-warnings', 'src', 'test', 'migrations', 'scripts']],
  ['format', [bin('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.']],
  [
    'architecture',
    [bin('dependency-cruiser/bin/dependency-cruise.mjs'), '--config', '.dependency-cruiser.mjs', 'src', 'migrations'],
  ],
  ['tests', [bin('jest/bin/jest.js'), '--silent=false']],
];

const failed = [];
for (const [name, args] of steps) {
  const started = Date.now();
  process.stdout.write(`\n▶ ${name}\n`);
  const { status } = spawnSync(node, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) failed.push(name);
  const line = `${status === 0 ? '✔' : '✘'} ${name} ${((Date.now() - started) / 1000).toFixed(1)} s\n`;
  // The tests' last line is their count, and it stays the last line.
  if (name !== 'tests') process.stdout.write(line);
}
if (failed.length > 0) process.stderr.write(`Failed: ${failed.join(', ')}\n`);
process.exit(failed.length > 0 ? 1 : 0);
