// `npm run openapi`: starts the built product on a free port with a data folder of its own and writes its OpenAPI document.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { prepare, root } from './prepare.mjs';

// As the tests do: another build than `dist` may be asked.
const build = process.env.PRODUCT_DIST;
if (!build) prepare();
const port = await new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port: free } = server.address();
    server.close(() => resolve(free));
  });
});
const dataDir = mkdtempSync(join(tmpdir(), 'swarmward-openapi-'));
const product = spawn(process.execPath, [join(build ?? 'dist', 'src/main.js')], {
  cwd: root,
  env: {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    PORT: String(port),
    SWARMWARD_DATA_DIR: dataDir,
    LOG_LEVEL: 'warn',
  },
  stdio: ['ignore', 'ignore', 'inherit'],
});
try {
  const deadline = Date.now() + 30_000;
  let document;
  while (!document) {
    if (Date.now() > deadline || product.exitCode !== null) throw new Error('The product did not become ready.');
    document = await fetch(`http://127.0.0.1:${port}/docs-json`)
      .then((response) => (response.ok ? response.json() : undefined))
      .catch(() => undefined);
    if (!document) await pause(100);
  }
  writeFileSync(join(root, 'openapi.json'), `${JSON.stringify(document, null, 2)}\n`);
  process.stdout.write(`Wrote openapi.json: ${Object.keys(document.paths).length} paths\n`);
} finally {
  product.kill('SIGTERM');
  if (product.exitCode === null) await new Promise((resolve) => product.once('exit', resolve));
  rmSync(dataDir, { recursive: true, force: true });
}
