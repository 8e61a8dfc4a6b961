// Installs and builds what a fresh checkout lacks, and nothing when it is up to date. Uses Node alone: it runs before
// there are any packages.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const OLDEST_NODE = [20, 19];
const BUILD_INPUTS = [
  'src',
  'migrations',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'nest-cli.json',
];

/** Makes sure that `node_modules` and `dist` fit the sources. Ends the process with a sentence when that fails. */
export function prepare() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
    giveUp(`Swarmward needs Node.js ${OLDEST_NODE.join('.')} or newer, this is ${process.versions.node}.`);
  }
  step('node_modules/.swarmward-installed', digest(['package-lock.json'], true), 'Installing packages', () =>
    // What npm counts up on its standard output is no news to a newcomer; its errors come on the other.
    run('npm', ['ci', '--include=dev', '--loglevel=error', '--no-audit', '--no-fund'], 'ignore'),
  );
  step('dist/.swarmward-built', digest(BUILD_INPUTS, false), 'Building', () =>
    run('npm', ['run', '--silent', 'build']),
  );
}

function step(stamp, wanted, title, work) {
  const file = join(root, stamp);
  if (existsSync(file) && readFileSync(file, 'utf8') === wanted) return;
  if (!writable(root)) {
    if (existsSync(dirname(file))) return;
    giveUp(`${title} is needed, but ${root} is not writable for this account. Run \`npm start\` once as its owner.`);
  }
  const started = Date.now();
  process.stdout.write(`${title} …\n`);
  work();
  writeFileSync(file, wanted);
  process.stdout.write(`${title} took ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
}

function run(command, args, output = 'inherit') {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', output, 'inherit'] });
  if (error) giveUp(`${command} could not be started: ${error.message}`);
  if (status !== 0) giveUp(`\`${command} ${args.join(' ')}\` failed, see above.`);
}

/** Hash of the files' names and contents, or of their times and sizes where the contents would take too long. */
function digest(inputs, contents) {
  const hash = createHash('sha256').update(process.versions.modules);
  for (const file of inputs.flatMap((input) => files(join(root, input)))) {
    const { mtimeMs, size } = statSync(file);
    hash.update(contents ? readFileSync(file) : `${file.slice(root.length)} ${mtimeMs} ${size}\n`);
  }
  return hash.digest('hex');
}

function files(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => files(join(path, name)));
}

function writable(path) {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function giveUp(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) prepare();
