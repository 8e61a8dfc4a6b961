import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { Partitions } from '../../src/probes/history/partitions.store.js';
import { startTestPostgres } from '../support/postgres.js';
import { median, spread, table } from './figures.js';
import { addLoopbackDevices } from './loopback-devices.js';
import { childrenOf, commandOf, cpuMs, parentOf, treeCpuMs } from './proc.js';
import { workerMemory } from './worker-memory.js';

/**
 * A whole cycle (who is due, fping, judging, the commit), in a process of its own on an embedded PostgreSQL, against fping alone with
 * the same words on the same addresses; its CPU against one `ping` process a device; and the memory of a worker that runs such cycles.
 * `PRODUCT_DIST` names another build of the worker than `dist`.
 */
const [rounds = 3, memoryCycles = 6] = process.argv.slice(2).map(Number);
const SIZES = [875, 10_000];
const MANY = SIZES.at(-1)!;

interface Run {
  ms: number;
  cpu: number;
}

/** CPU of one cycle by who used it, ms. */
interface CycleRun extends Run {
  postgres: number;
}

const postgres = await startTestPostgres();
const times = [['devices × packets', 'cycle, s', 'fping alone, s', 'ratio']];
const cpu = [['', 'checks', 'CPU ms a check', 'of it PostgreSQL']];
for (const devices of SIZES) {
  const connection = await postgres.createDatabase();
  const database = await postgres.openDataSource({ connection });
  await new Partitions(database).ensure(new Date());
  await addLoopbackDevices(database, devices);
  const child = fork(join(import.meta.dirname, 'cycle-process.js'), [JSON.stringify(connection)]);
  const cycle = { child, devices };
  const postmaster = await postmasterOf(database);
  const words = await warmUp(cycle, postmaster);
  const addresses = await addressesOf(database);

  const ours: CycleRun[] = [];
  const bare: Run[] = [];
  for (let round = 0; round < rounds; round++) {
    ours.push(await runCycle(cycle, postmaster));
    bare.push(await runFping(words, addresses));
  }
  child.disconnect();
  process.stdout.write(`${devices} devices: ${words.join(' ')}\n`);
  const seconds = (runs: Run[]): string => spread(runs.map(({ ms }) => ms / 1_000));
  const ratio = spread(
    ours.map(({ ms }, round) => ms / bare[round]!.ms),
    3,
  );
  times.push([`${devices.toLocaleString('en')} × 3`, seconds(ours), seconds(bare), ratio]);
  const aCheck = (ms: number[]): string =>
    spread(
      ms.map((each) => each / devices),
      3,
    );
  const checks = devices.toLocaleString('en');
  cpu.push(
    ['a cycle', checks, aCheck(ours.map((run) => run.cpu + run.postgres)), aCheck(ours.map((run) => run.postgres))],
    ['fping alone', checks, aCheck(bare.map((run) => run.cpu)), ''],
  );
  if (devices === SIZES[0]) await addPings(addresses);
}
table(times);
table(cpu);

if (memoryCycles > 0) {
  const connection = await postgres.createDatabase();
  const database = await postgres.openDataSource({ connection });
  await addLoopbackDevices(database, MANY);
  await database.destroy();
  const { idle, running, most } = await workerMemory(connection, memoryCycles);
  const mb = (value: number): string => value.toFixed(0);
  table([
    ['devices every 30 s', 'cycles', 'memory at start, MB', 'while it runs', 'most'],
    [MANY.toLocaleString('en'), String(memoryCycles), mb(idle), spread(running, 0), mb(most)],
  ]);
}
await postgres.stop();
process.exit(0);

interface CycleProcess {
  child: ChildProcess;
  devices: number;
}

async function runCycle({ child, devices }: CycleProcess, postmaster: number): Promise<CycleRun> {
  const pid = child.pid!;
  const before = { own: cpuMs(pid), postgres: treeCpuMs(postmaster) };
  const answer = once(child, 'message');
  child.send('run');
  const [{ ms, outcome }] = (await answer) as [{ ms: number; outcome: { answered: number } }];
  if (outcome.answered !== devices) throw new Error(`Not all have answered: ${JSON.stringify(outcome)}`);
  return { ms, cpu: cpuMs(pid) - before.own, postgres: treeCpuMs(postmaster) - before.postgres };
}

/** Two turns that do not count. @returns the words that fping was started with */
async function warmUp(cycle: CycleProcess, postmaster: number): Promise<string[]> {
  const first = runCycle(cycle, postmaster);
  let words: string[] = [];
  while (words[1] !== '-C') {
    await pause(20);
    const [child] = childrenOf(cycle.child.pid!);
    if (child) words = commandOf(child);
  }
  await first;
  await runCycle(cycle, postmaster);
  return words;
}

async function runFping([program, ...args]: string[], addresses: string[]): Promise<Run> {
  const before = cpuMs(process.pid);
  const began = performance.now();
  const fping = spawn(program!, args, { stdio: ['pipe', 'ignore', 'pipe'] });
  fping.stderr.resume();
  fping.stdin.end(`${addresses.join('\n')}\n`);
  await once(fping, 'close');
  return { ms: performance.now() - began, cpu: cpuMs(process.pid) - before };
}

/** What a process for every check costs, as some monitors do it. */
async function addPings(addresses: string[]): Promise<void> {
  const command = [
    ['/bin/ping', '-c', '1'],
    ['/usr/bin/busybox', 'ping', '-c', '1'],
  ].find(([file]) => existsSync(file!));
  if (!command) return void process.stdout.write('There is no ping here to compare with.\n');
  const [program, ...args] = command;
  const took: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = cpuMs(process.pid);
    const waiting = [...addresses];
    const work = async (): Promise<void> => {
      for (let next = waiting.pop(); next; next = waiting.pop()) {
        const ping = spawn(program!, [...args, next]);
        ping.stdout.resume();
        await once(ping, 'close');
      }
    };
    await Promise.all(Array.from({ length: 20 }, work));
    took.push(cpuMs(process.pid) - before);
  }
  const name = `one \`${command.join(' ')}\` a device`;
  cpu.push([
    name,
    String(addresses.length),
    spread(
      took.map((ms) => ms / addresses.length),
      3,
    ),
    '',
  ]);
  if (median(took) === 0) throw new Error('No CPU was counted');
}

async function postmasterOf(database: DataSource): Promise<number> {
  const [row] = await database.query<[{ pid: number }]>('SELECT pg_backend_pid() AS pid');
  return parentOf(row.pid);
}

async function addressesOf(database: DataSource): Promise<string[]> {
  const rows = await database.query<{ ip: string }[]>('SELECT ip FROM devices ORDER BY num');
  return rows.map(({ ip }) => ip);
}
