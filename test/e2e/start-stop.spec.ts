import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { isRunning, postmasterOf } from '../support/embedded-folder.js';
import { eventually } from '../support/eventually.js';
import { ADMIN_TOKEN, built, freePort, freshFolder, PATIENT, Product } from '../support/product.js';
import { describeWith } from '../support/requires.js';
import { Terminal, terminalMissing } from '../support/terminal.js';

jest.setTimeout(120_000);

const CLEAN = { code: 0, signal: null };
/** What Compose and Kubernetes are told to wait for is longer. */
const STOP_LIMIT_MS = 25_000;

let dataDir: string;
beforeEach(() => {
  dataDir = freshFolder();
});
afterEach(() => {
  rmSync(dataDir, { recursive: true, force: true });
});

/** Stops it, and asserts that it does so cleanly, in time and with its PostgreSQL. */
async function stopsCleanly(product: Product, signal: NodeJS.Signals, limitMs = STOP_LIMIT_MS): Promise<void> {
  const postgres = postmasterOf(dataDir);
  const began = performance.now();
  expect(await product.stop(signal)).toEqual(CLEAN);
  expect(performance.now() - began).toBeLessThan(limitMs);
  expect(postgres && isRunning(postgres)).toBeFalsy();
  expect(postmasterOf(dataDir)).toBeUndefined();
  expect(product.lines.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
}

describe('a signal', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s stops it cleanly within 15 seconds', async (signal) => {
    const product = await Product.start({ dataDir });
    await stopsCleanly(product, signal, 15_000);
    expect(product.output).toMatch(/Stopping \(SIG\w+\) …"}\n[^]*"Stopped"}\n$/);
  });

  it.each([
    ['it only listens', () => true],
    // Or has just made them: that is a matter of a second.
    ['PostgreSQL makes its files', () => entries('postgres').some((name) => /^(draft-|cluster$)/.test(name))],
    ['PostgreSQL starts', () => existsSync(join(dataDir, 'postgres/cluster/postmaster.pid'))],
    ['PostgreSQL answers', () => existsSync(join(dataDir, 'postgres/run/.s.PGSQL.5432'))],
  ])(
    'stops it cleanly during a first start while %s, and the next start works',
    async (_, reached) => {
      const product = await Product.start({ dataDir, ready: false });
      await eventually(async () => expect((await product.fetch('/health/live')).status).toBe(200), { everyMs: 5 });
      await eventually(() => expect(reached()).toBe(true), { everyMs: 1 });
      await stopsCleanly(product, 'SIGTERM');
      const again = await Product.start({ dataDir });
      expect((await again.fetch('/api/v1/tokens')).status).toBe(200);
      await stopsCleanly(again, 'SIGTERM');
    },
    120_000,
  );

  it('lets a request finish that is under way, and turns new ones away', async () => {
    const product = await Product.start({ dataDir });
    const body = JSON.stringify({ name: 'late', role: 'viewer' });
    const { socket, answer } = await open(product.port);
    socket.write(head('POST /api/v1/tokens', body.length) + body.slice(0, 10));
    // Answered on the same process, so the request above has been read.
    expect((await product.fetch('/health/live')).status).toBe(200);
    const exit = product.stop('SIGTERM');
    await eventually(() => expect(product.output).toContain('Stopping'));
    await eventually(async () => expect(await accepts(product.port)).toBe(false));
    socket.write(body.slice(10));
    expect(await answer).toMatch(/^HTTP\/1\.1 201 [^]*"name":"late"/);
    expect(await exit).toEqual(CLEAN);
  }, 90_000);

  it('does not wait for ever for clients that are slow or only keep their connection', async () => {
    const product = await Product.start({ dataDir });
    const idle = await open(product.port);
    idle.socket.write('GET /health/live HTTP/1.1\r\nHost: here\r\n\r\n');
    const slow = await open(product.port);
    slow.socket.write(head('POST /api/v1/tokens', 1000) + '{');
    const half = await open(product.port);
    half.socket.write('GET /api/v1/hea');
    expect((await product.fetch('/health/live')).status).toBe(200);
    await stopsCleanly(product, 'SIGTERM');
    for (const { socket } of [idle, slow, half]) socket.destroy();
  }, 90_000);

  it('sent twice in a row means stop at once', async () => {
    const product = await Product.start({ dataDir });
    const slow = await open(product.port);
    slow.socket.write(head('POST /api/v1/tokens', 1000) + '{');
    expect((await product.fetch('/health/live')).status).toBe(200);
    const exit = product.stop('SIGINT');
    await eventually(() => {
      product.child.kill('SIGINT');
      expect(product.output).toContain('Asked to stop twice');
    });
    expect((await exit).code).toBe(1);
    slow.socket.destroy();
    // Its PostgreSQL stays; the next start takes it over.
    const again = await Product.start({ dataDir });
    await stopsCleanly(again, 'SIGTERM');
  }, 90_000);
});

describeWith('in a terminal', terminalMissing(), () => {
  let terminal: Terminal;
  let port: number;
  const environment = async (): Promise<NodeJS.ProcessEnv> => ({
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    TERM: 'xterm',
    PORT: String((port = await freePort())),
    SWARMWARD_DATA_DIR: dataDir,
    ...PATIENT,
    npm_config_loglevel: 'error',
  });
  afterEach(() => terminal.close());

  it('shows few calm lines and is stopped by Ctrl-C, PostgreSQL with it', async () => {
    terminal = new Terminal(`${process.execPath} ${built('main.js')}`, { env: await environment() });
    await terminal.shows('Admin token, shown this once: swd_');
    await eventually(async () => expect((await fetch(`http://127.0.0.1:${port}/health/ready`)).status).toBe(200));
    const postgres = postmasterOf(dataDir)!;
    expect(terminal.lines.filter((line) => line.trim()).length).toBeLessThanOrEqual(8);
    expect(terminal.lines.join('\n')).not.toMatch(/WARN|ERROR|Warning|\{"level"/);
    terminal.pressCtrlC();
    expect(await terminal.exited).toBe(0);
    expect(terminal.lines.join('\n').trim()).toMatch(/Stopping \(SIGINT\) …\n[^]*Stopped$/);
    expect(isRunning(postgres)).toBe(false);
  }, 90_000);

  /** The checkout's own build, which `npm test` has just made; a private one has no start script. */
  const itWithNpm = process.env['PRODUCT_DIST'] ? it.skip : it;

  itWithNpm(
    'npm start is stopped by Ctrl-C without a word of npm',
    async () => {
      terminal = new Terminal('npm start', { env: await environment() });
      await terminal.shows('Admin token, shown this once: swd_');
      const postgres = postmasterOf(dataDir)!;
      terminal.pressCtrlC();
      await terminal.exited;
      expect(terminal.lines.join('\n').trim()).toMatch(/Stopping \(SIGINT\) …\n[^]*Stopped$/);
      expect(isRunning(postgres)).toBe(false);
    },
    120_000,
  );

  itWithNpm(
    'npm start passes SIGTERM on',
    async () => {
      const npm = spawn('npm', ['start'], { env: await environment(), stdio: 'ignore' });
      const exited = ended(npm);
      await eventually(async () => expect((await fetch(`http://127.0.0.1:${port}/health/ready`)).status).toBe(200), {
        timeoutMs: 60_000,
      });
      const postgres = postmasterOf(dataDir)!;
      const { pid } = JSON.parse(readFileSync(join(dataDir, 'postgres/lock'), 'utf8')) as { pid: number };
      npm.kill('SIGTERM');
      await exited;
      await eventually(() => expect([pid, postgres].filter(isRunning)).toEqual([]));
    },
    120_000,
  );
});

function entries(folder: string): string[] {
  const path = join(dataDir, folder);
  return existsSync(path) ? readdirSync(path) : [];
}

function head(request: string, length: number): string {
  return (
    `${request} HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer ${ADMIN_TOKEN}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`
  );
}

/** A connection whose answer is all that is received until it ends. */
async function open(port: number): Promise<{ socket: Socket; answer: Promise<string> }> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString()));
  const answer = new Promise<string>((resolve) => {
    // A connection that was cut has answered what it has.
    socket.on('error', () => resolve(text));
    socket.on('close', () => resolve(text));
  });
  await new Promise((resolve) => socket.once('connect', resolve));
  return { socket, answer };
}

async function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.unref();
  });
}

async function ended(child: ChildProcess): Promise<void> {
  await new Promise((resolve) => child.once('exit', resolve));
}
