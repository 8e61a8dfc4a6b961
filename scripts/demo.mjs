// `npm run demo`: the product with a hundred devices on the loopback of this machine, so that there is life within a minute.
import { randomBytes } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { prepare } from './prepare.mjs';
import { seed, watch } from './demo/seed.mjs';
import { startTargets } from './demo/targets.mjs';

prepare();
const token = process.env.SWARMWARD_ADMIN_TOKEN ?? `demo-${randomBytes(18).toString('base64url')}`;
process.env.SWARMWARD_ADMIN_TOKEN = token;
process.env.SWARMWARD_DATA_DIR ??= './data-demo';
process.env.SWARMWARD_ROLE = 'all';
process.env.PORT ??= '5001';
const host = process.env.SWARMWARD_HOST ?? '127.0.0.1';
const url = `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${process.env.PORT}`;

const targets = await startTargets();
// Without fping there would be a hundred unknown devices: then the same addresses are watched by TCP.
const { error } = spawnSync(process.env.SWARMWARD_FPING_PATH ?? 'fping', ['-v'], { stdio: 'ignore' });
if (error)
  process.stdout.write(
    'fping is not installed (Debian: apt install fping): the demo watches by TCP instead of ICMP.\n',
  );

process.setSourceMapsEnabled(true);
await import('../dist/src/main.js');
try {
  await seed({ url, token, targets, kind: error ? 'tcp' : 'icmp' });
  process.stdout.write(
    `\n  Demo token: ${token}\n  Try: curl -H "Authorization: Bearer ${token}" ${url}/api/v1/devices/stats/summary\n`,
  );
  process.stdout.write(
    `  Swagger UI: ${url}/docs   Changes as they happen: curl -N -H "Authorization: Bearer ${token}" ${url}/api/v1/stream\n\n`,
  );
  process.stdout.write('  Alerts: the first fire after a minute of being down, and are told below.\n\n');
  await watch({ url, token, seconds: 150 });
} catch (failure) {
  process.stderr.write(`The demo's devices could not be made: ${failure.message}\n`);
  process.kill(process.pid, 'SIGTERM');
}
