import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isRunning, postmasterOf } from '../support/embedded-folder.js';
import { eventually } from '../support/eventually.js';
import { built, freePort, freshFolder, Product, type ProductOptions } from '../support/product.js';

jest.setTimeout(120_000);

/** As a newcomer starts it: nothing set but what keeps the test apart from others. */
const NOTHING_SET = { SWARMWARD_ADMIN_TOKEN: '', SWARMWARD_LOG_FORMAT: '', DOCKER_HOST: '' };
const FIRST_TOKEN = /Admin token, shown this once: (swd_[\w-]{43})$/m;
const NOBODY_TOLD = /Nobody is told of alerts yet: add a channel with POST \/api\/v1\/channels/g;
const REFUSED = { code: 1, signal: null };
const READY_MS = 10_000;

const folders: string[] = [];
const running: Product[] = [];
const folder = (uid?: number): string => {
  const path = freshFolder(uid);
  folders.push(path);
  return path;
};
const start = async (options: ProductOptions): Promise<Product> => {
  const product = await Product.start({ ...options, ready: false });
  running.push(product);
  await product.untilReady();
  return product;
};
/** Another one if it was slow: the machine may have been busy with something else. */
const firstStart = async (most = 3): Promise<{ product: Product; dataDir: string; tookMs: number }> => {
  const dataDir = folder();
  const began = performance.now();
  const product = await start({ dataDir, env: NOTHING_SET });
  const tookMs = performance.now() - began;
  if (tookMs < READY_MS || most === 1) return { product, dataDir, tookMs };
  await product.stop();
  return firstStart(most - 1);
};
/** A start that has to fail. */
const refused = async (options: ProductOptions): Promise<string> => {
  const product = await Product.start({ ...options, ready: false });
  running.push(product);
  expect(await product.exited).toEqual(REFUSED);
  return product.output;
};
/** Without blank lines. */
const shown = (product: Product): string[] => product.output.split('\n').filter((line) => line.trim());

afterEach(async () => {
  await Promise.all(running.splice(0).map((product) => product.stop('SIGTERM')));
});
afterAll(() => {
  for (const path of folders) rmSync(path, { recursive: true, force: true });
});

describe('the first start', () => {
  it('is ready within ten seconds, says where to go and, once, the admin token, in few calm lines', async () => {
    const { product, dataDir, tookMs } = await firstStart();
    expect(tookMs).toBeLessThan(READY_MS);
    await toldAboutDocker(product);
    expect(product.output).toContain(`${product.url}/docs`);
    expect(product.output).toContain(`${product.url}/api/v1/health`);
    expect(shown(product).length).toBeLessThanOrEqual(8);
    expect(product.lines.map(({ level }) => level)).toEqual(product.lines.map(() => 'info'));
    const token = FIRST_TOKEN.exec(product.output)?.[1];
    expect(token).toBeDefined();
    expect(await statusOf(product, token!)).toBe(200);
    expect(await statusOf(product, `${token!.slice(0, -1)}!`)).toBe(401);
    expect(product.output.match(NOBODY_TOLD)).toHaveLength(1);
    const channel = { name: 'ops', kind: 'webhook', config: { url: 'http://127.0.0.1:9/' }, is_default: true };
    const headers = { 'content-type': 'application/json' };
    const made = { method: 'POST', headers, body: JSON.stringify(channel), token: token! };
    expect((await product.fetch('/api/v1/channels', made)).status).toBe(201);
    const docs = await product.fetch('/docs', { token: null });
    expect([docs.status, await docs.text()]).toEqual([200, expect.stringContaining('swagger-ui')]);
    expect(await product.stop()).toEqual({ code: 0, signal: null });

    const again = await start({ dataDir, env: NOTHING_SET });
    expect(again.output).not.toContain('swd_');
    expect(again.output).not.toMatch(/Migrated|Installed/);
    expect(again.output).not.toMatch(NOBODY_TOLD);
    expect(await statusOf(again, token!)).toBe(200);
    expect(again.lines.map(({ level }) => level)).toEqual(again.lines.map(() => 'info'));
  }, 240_000);

  it('is as calm with lines for people', async () => {
    const product = await start({ env: { ...NOTHING_SET, SWARMWARD_LOG_FORMAT: 'pretty' } });
    await toldAboutDocker(product);
    expect(product.output).toMatch(FIRST_TOKEN);
    expect(shown(product).length).toBeLessThanOrEqual(8);
    expect(product.output).not.toMatch(/WARN|ERROR|FATAL|Warning|deprecated/i);
    await product.stop();
    expect(product.output).toMatch(/Stopped\n$/);
  }, 90_000);

  it('says without Docker what to set', async () => {
    const product = await start({ env: { DOCKER_HOST: 'unix:///nowhere/docker.sock' } });
    await eventually(() =>
      expect(product.output).toMatch(/No Docker Engine at unix:\/\/\/nowhere\/docker\.sock\. Set DOCKER_HOST/),
    );
  }, 90_000);

  it('takes the configured admin token and shows none', async () => {
    const product = await start({});
    expect(product.output).not.toContain('Admin token');
    expect((await product.fetch('/api/v1/tokens')).status).toBe(200);
  }, 90_000);
});

describe('a start that cannot be', () => {
  it('names every wrong setting at once, and no value of a secret', async () => {
    const output = await refused({
      env: {
        SWARMWARD_ROLE: 'boss',
        PORT: '70000',
        SWARMWARD_LOG_FORMAT: 'loud',
        SWARMWARD_ADMIN_TOKEN: 'too-short',
        SWARMWARD_SWARM_REFRESH_SECOND: '5',
        DATABASE_URL: 'mysql://root:hunter2@db/x',
      },
    });
    expect(output).toMatch(/^Cannot start, the settings are wrong:\n {2}- /);
    expect(output.trim().split('\n')).toHaveLength(1 + 6);
    expect(output).toContain(
      'SWARMWARD_SWARM_REFRESH_SECOND is not a setting. Did you mean SWARMWARD_SWARM_REFRESH_SECONDS?',
    );
    for (const name of ['SWARMWARD_ROLE', 'PORT', 'SWARMWARD_LOG_FORMAT', 'SWARMWARD_ADMIN_TOKEN', 'DATABASE_URL']) {
      expect(output).toContain(`- ${name} must`);
    }
    expect(output).not.toMatch(/too-short|hunter2|\n\s+at /);
  });

  it('refuses a port that is taken, and a data folder that is in use, without disturbing the one that runs', async () => {
    const first = await start({ dataDir: folder(), env: { DOCKER_HOST: '' } });
    const samePort = await refused({ env: { PORT: String(first.port) } });
    expect(samePort).toContain(`Port ${first.port} on 127.0.0.1 is taken`);
    const sameFolder = await refused({ dataDir: first.dataDir });
    expect(sameFolder).toContain(
      `Swarmward runs already on the data folder ${first.dataDir}: process ${first.child.pid}`,
    );
    for (const output of [samePort, sameFolder]) {
      expect(output.trim().split('\n')).toHaveLength(1);
      expect(output).not.toMatch(/stack|\n\s+at /);
    }
    expect((await first.fetch('/api/v1/health')).status).toBe(200);
    expect(first.lines.filter(({ level }) => level !== 'info')).toEqual([]);
  }, 90_000);
});

describe('after a kill -9', () => {
  it('goes on with what the killed one left, on the same port, its token included', async () => {
    const dataDir = folder();
    const first = await start({ dataDir });
    const postgres = postmasterOf(dataDir)!;
    expect(await first.stop('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
    expect(isRunning(postgres)).toBe(true);

    const again = await start({ dataDir, env: { PORT: String(first.port) } });
    expect(again.output).toContain(`its PostgreSQL (process ${postgres}) still works and is used on`);
    expect((await again.fetch('/api/v1/tokens')).status).toBe(200);
    expect(await again.stop()).toEqual({ code: 0, signal: null });
    expect(isRunning(postgres)).toBe(false);
  }, 90_000);

  it('recovers when PostgreSQL was killed as well', async () => {
    const dataDir = folder();
    const first = await start({ dataDir });
    const postgres = postmasterOf(dataDir)!;
    await first.stop('SIGKILL');
    process.kill(postgres, 'SIGKILL');
    const again = await start({ dataDir });
    expect(postmasterOf(dataDir)).not.toBe(postgres);
    expect((await again.fetch('/api/v1/tokens')).status).toBe(200);
  }, 90_000);
});

describe('a data folder', () => {
  it('may be copied elsewhere', async () => {
    const dataDir = folder();
    const first = await start({ dataDir, env: NOTHING_SET });
    const token = FIRST_TOKEN.exec(first.output)![1]!;
    await first.stop();
    const copy = folder();
    // As `cp -a` does: who owns what matters to PostgreSQL.
    expect(spawnSync('cp', ['-a', `${dataDir}/.`, copy]).status).toBe(0);
    rmSync(dataDir, { recursive: true });
    const moved = await start({ dataDir: copy, env: NOTHING_SET });
    expect(await statusOf(moved, token)).toBe(200);
    expect(moved.lines.filter(({ level }) => level !== 'info')).toEqual([]);
  }, 90_000);

  it('may have a path too long for a socket, with blanks, commas and quotes', async () => {
    const dataDir = join(folder(), `it's, "a" ${'long-'.repeat(20)}folder`);
    const product = await start({ dataDir });
    expect((await product.fetch('/api/v1/tokens')).status).toBe(200);
    expect(await product.stop()).toEqual({ code: 0, signal: null });
  }, 90_000);

  it('keeps its secrets to its account', async () => {
    const product = await start({ dataDir: folder() });
    const postgres = join(product.dataDir, 'postgres');
    expect(statSync(postgres).mode & 0o777).toBe(0o700);
    expect(statSync(join(postgres, 'cluster/swarmward.password')).mode & 0o777).toBe(0o600);
  }, 90_000);
});

describe('npm run token:create', () => {
  const create = (args: string[], env: Record<string, string>) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [built('console/token-create.js'), ...args], {
      env: { PATH: process.env['PATH'], ...env },
      encoding: 'utf8',
      timeout: 60_000,
    });
    return { status, stdout, stderr };
  };
  const TOKEN = /^\n {2}Token me \((\w+)\), shown this once: (swd_[\w-]{43})\n\n$/;

  it('makes a token while the product runs, and while it does not', async () => {
    const dataDir = folder();
    const product = await start({ dataDir });
    const env = { SWARMWARD_DATA_DIR: dataDir };
    const viewer = create(['--name', 'me', '--role', 'viewer'], env);
    expect(viewer).toMatchObject({ status: 0, stdout: expect.stringMatching(TOKEN), stderr: '' });
    const token = TOKEN.exec(viewer.stdout)![2]!;
    expect(await statusOf(product, token, '/api/v1/status/swarm')).toBe(200);
    expect(await statusOf(product, token)).toBe(403);
    await product.stop();

    const admin = create(['--name', 'me', '--role', 'admin'], env);
    expect(admin).toMatchObject({ status: 0, stdout: expect.stringMatching(TOKEN), stderr: '' });
    expect(postmasterOf(dataDir)).toBeUndefined();
    const again = await start({ dataDir });
    expect(await statusOf(again, TOKEN.exec(admin.stdout)![2]!)).toBe(200);
    // Who made it is on record.
    const audit = await again.json<{ data: { action: string }[] }>('/api/v1/audit');
    expect(audit.data.filter(({ action }) => action === 'token.created')).toHaveLength(2);
  }, 90_000);

  it.each([
    ['nothing', [], '--name needs 1 to 100 characters'],
    ['no name', ['--role', 'admin'], '--name needs 1 to 100 characters'],
    ['a role that is none', ['--name', 'me', '--role', 'king'], '--role must be admin, operator or viewer'],
    ['an unknown option', ['--nam', 'me'], "Unknown option '--nam'"],
  ])('explains itself when given %s', (_, args, message) => {
    const { status, stdout, stderr } = create(args, {});
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toContain('Usage: npm run token:create -- --name NAME --role admin|operator|viewer');
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('says what to do where there is no data, and no database', async () => {
    const empty = folder();
    const args = ['--name', 'me', '--role', 'admin'];
    expect(create(args, { SWARMWARD_DATA_DIR: empty })).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/There is no data in .* yet\. Start Swarmward once/),
    });
    const port = await freePort();
    expect(create(args, { DATABASE_URL: `postgres://me:hunter2@127.0.0.1:${port}/x` })).toMatchObject({
      status: 1,
      stderr: 'The token was not made: nothing listens there\n',
    });
  });
});

/** The last line of a first start on a machine without Docker; with Docker there is none. */
async function toldAboutDocker(product: Product): Promise<void> {
  if (existsSync('/var/run/docker.sock')) return;
  await eventually(() => {
    if (!product.output.includes('Docker')) throw new Error(product.output);
  });
}

/** Of an endpoint for admins. */
async function statusOf(product: Product, token: string, path = '/api/v1/tokens'): Promise<number> {
  return (await product.fetch(path, { token })).status;
}
