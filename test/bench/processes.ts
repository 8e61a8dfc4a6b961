import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export const TOKEN = 'an-admin-token-for-benchmarks';

const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** A Node process that prints one line of JSON when it is ready. */
export async function startScript(
  script: string,
  ...args: string[]
): Promise<{ child: ChildProcess; ready: Record<string, unknown> }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', script), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  running.add(child);
  let text = '';
  for await (const chunk of child.stdout!) {
    text += String(chunk);
    if (text.includes('\n')) break;
  }
  return { child, ready: JSON.parse(text.split('\n')[0]!) as Record<string, unknown> };
}

export interface BenchProduct {
  url: string;
  /** Milliseconds from the start of the process until `/health/ready` answered 200. */
  readyMs: number;
  stop(): Promise<void>;
}

/** The built product on a free port; its data folder is removed unless it is given. */
export async function startProduct(env: Record<string, string>, dataDir?: string): Promise<BenchProduct> {
  const port = await freePort();
  const folder = dataDir ?? mkdtempSync(join(tmpdir(), 'swarmward-bench-'));
  const started = performance.now();
  const child = spawn(process.execPath, ['dist/src/main.js'], {
    env: {
      PATH: process.env['PATH'],
      PORT: String(port),
      SWARMWARD_DATA_DIR: folder,
      SWARMWARD_ADMIN_TOKEN: TOKEN,
      SWARMWARD_RATE_LIMIT_PER_MINUTE: '10000000',
      LOG_LEVEL: 'warn',
      ...env,
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  running.add(child);
  const url = `http://127.0.0.1:${port}`;
  for (;;) {
    const ready = await fetch(`${url}/health/ready`).then(
      (response) => response.status === 200,
      () => false,
    );
    if (ready) break;
    if (child.exitCode !== null) throw new Error(`The product ended with ${child.exitCode}`);
    await pause(5);
  }
  return {
    url,
    readyMs: performance.now() - started,
    stop: async () => {
      const exited = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await exited;
      if (!dataDir) rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
