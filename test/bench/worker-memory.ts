import { setTimeout as pause } from 'node:timers/promises';
import type { DatabaseConnection } from '../../src/platform/database/connection.js';
import { databaseUrl, Product } from '../support/product.js';
import { query } from '../support/postgres.js';
import { memoryMb } from './proc.js';

export interface WorkerMemory {
  /** Once it is ready, before the first cycle. */
  idle: number;
  /** Several times a second, from the first cycle on. */
  running: number[];
  most: number;
  cycles: number;
}

const SAMPLE_MS = 250;

/** The built product as a worker (with a scheduler beside it) on a database with devices: its memory over some cycles, MB. */
export async function workerMemory(connection: DatabaseConnection, cycles: number): Promise<WorkerMemory> {
  const start = (role: string) =>
    Product.start({ env: { SWARMWARD_ROLE: role, DATABASE_URL: databaseUrl(connection), LOG_LEVEL: 'warn' } });
  const worker = await start('worker');
  const scheduler = await start('scheduler');
  try {
    const pid = worker.child.pid!;
    const idle = memoryMb(pid, 'VmRSS');
    const running: number[] = [];
    for (let done = 0; done < cycles;) {
      await pause(SAMPLE_MS);
      if (worker.child.exitCode !== null) throw new Error(`The worker ended:\n${worker.output}`);
      running.push(memoryMb(pid, 'VmRSS'));
      const sql = `SELECT count(*)::int AS done FROM cycles WHERE kind = 'ping-30' AND targets > 0`;
      if (running.length % 4 === 0) done = (await query<{ done: number }>(connection, sql))[0]!.done;
    }
    return { idle, running, most: memoryMb(pid, 'VmHWM'), cycles };
  } finally {
    await scheduler.stop();
    await worker.stop();
  }
}
