import { Logger } from '@nestjs/common';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { AdvisoryLock } from '../../src/platform/database/advisory-lock.store.js';
import type { Lease } from '../../src/platform/database/lease.store.js';
import { killScripts, startScript } from '../support/child.js';
import { compileSources } from '../support/compile.js';
import { eventually } from '../support/eventually.js';
import { startTestPostgres, temporaryFolder, type TestPostgres } from '../support/postgres.js';

const LEASE = { leaseMs: 600 };
/** Of which nothing is lost, however busy the machine is. */
const LONG = { leaseMs: 30_000 };

describe('AdvisoryLock', () => {
  let postgres: TestPostgres;
  let dataSource: DataSource;
  let lock: AdvisoryLock;
  let folder: string;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    postgres = await startTestPostgres();
    // Two connections, so that one that is not given back, or not as it came, is seen.
    dataSource = await postgres.openDataSource({ settings: { databasePoolSize: 2 } });
    lock = new AdvisoryLock(dataSource);
    folder = await temporaryFolder();
  });
  afterEach(() => killScripts());
  afterAll(async () => {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const held = async (): Promise<number> => {
    const rows: unknown[] = await dataSource.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'");
    return rows.length;
  };

  it('lets one in, the other not, and the next one after that', async () => {
    const result = await lock.tryWithLock('one', LONG, async () => lock.tryWithLock('one', LONG, async () => 'inner'));
    expect(result).toEqual({ acquired: true, value: { acquired: false } });
    expect(await lock.tryWithLock('one', LONG, async () => 'next')).toEqual({ acquired: true, value: 'next' });
    expect(await held()).toBe(0);
  });

  it('keeps different names apart', async () => {
    const result = await lock.tryWithLock('one', LONG, async () => lock.tryWithLock('two', LONG, async () => 'inner'));
    expect(result).toEqual({ acquired: true, value: { acquired: true, value: 'inner' } });
  });

  it('is free again when the work fails, and the connection is as it came', async () => {
    for (let round = 0; round < 4; round++) {
      await expect(lock.tryWithLock('failing', LONG, () => Promise.reject(new Error('work failed')))).rejects.toThrow(
        'work failed',
      );
    }
    expect(await held()).toBe(0);
    const settings: unknown = await dataSource.query(
      "SELECT name, setting FROM pg_settings WHERE name LIKE 'idle%session_timeout' ORDER BY name",
    );
    expect(settings).toEqual([
      { name: 'idle_in_transaction_session_timeout', setting: '60000' },
      { name: 'idle_session_timeout', setting: '0' },
    ]);
  });

  it('holds for longer than the lease while the process lives', async () => {
    const holdOn = async (lease: Lease): Promise<boolean> => {
      const end = performance.now() + LEASE.leaseMs * 3;
      await eventually(() => expect(performance.now()).toBeGreaterThan(end));
      await lease.assertHeld();
      return lease.signal.aborted;
    };
    // Once more on a machine that stood still for so long.
    const result = await eventually(() => lock.tryWithLock('long', LEASE, holdOn));
    expect(result).toEqual({ acquired: true, value: false });
  });

  it('holds while the work waits for an answer for longer than the lease, and asks nothing meanwhile', async () => {
    const asked = jest.spyOn(Client.prototype, 'query');
    const result = await eventually(async () => {
      asked.mockClear();
      return lock.tryWithLock('busy', LEASE, async (lease) => {
        await lease.manager.query('SELECT pg_sleep($1)', [(LEASE.leaseMs * 3) / 1_000]);
        const questions = asked.mock.calls.filter(([text]) => (text as unknown) === 'SELECT 1').length;
        await lease.assertHeld();
        return { questions, isLost: lease.signal.aborted };
      });
    });
    asked.mockRestore();
    expect(result).toEqual({ acquired: true, value: { questions: 0, isLost: false } });
  });

  it('tells the holder when its session was ended', async () => {
    const work = lock.tryWithLock('cut', LONG, async (lease) => {
      await dataSource.query("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'");
      await eventually(() => expect(lease.signal.aborted).toBe(true));
      await expect(lease.manager.query('SELECT 1')).rejects.toHaveProperty('message');
      await lease.assertHeld();
    });
    await expect(work).rejects.toMatchObject({ name: 'LeaseLostError' });
    expect(await lock.tryWithLock('cut', LONG, async () => 'next')).toEqual({ acquired: true, value: 'next' });
  });

  it.each(['SELECT 1', 'SELECT pg_sleep(0.05)'])(
    'shows a holder that was frozen within "%s" that the lease is over before any timer runs',
    async (query) => {
      await eventually(async () => {
        const seen = await lock.tryWithLock('thawed', LEASE, async (lease) => {
          const before = lease.signal.aborted;
          const asked = lease.manager.query(query).catch(() => undefined);
          await new Promise(setImmediate);
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LEASE.leaseMs + 50);
          const after = lease.signal.aborted;
          await asked;
          return { before, after, later: lease.signal.aborted };
        });
        expect(seen).toEqual({ acquired: true, value: { before: false, after: true, later: true } });
      });
    },
  );

  it('is taken from a frozen holder, which then learns of it before it publishes', async () => {
    await compileSources(['src/platform/database', 'src/platform/config'], folder);
    const script = join(folder, 'hold.mjs');
    await writeFile(
      script,
      `import { Logger } from '@nestjs/common';
       import { DataSource } from 'typeorm';
       import { AdvisoryLock } from './src/platform/database/advisory-lock.store.js';
       Logger.overrideLogger(false);
       const say = (what) => console.log(JSON.stringify(what));
       const dataSource = await new DataSource({ type: 'postgres', installExtensions: false, extra: JSON.parse(process.argv[2]) }).initialize();
       let goOn;
       const told = new Promise((resolve) => (goOn = resolve));
       process.on('SIGUSR2', () => goOn());
       await new AdvisoryLock(dataSource).tryWithLock('frozen', { leaseMs: 2_000 }, async (lease) => {
         say('holding');
         await told;
         const asserted = await lease.assertHeld().then(() => 'held', (error) => error.name);
         say({ asserted, aborted: lease.signal.aborted });
       });
       await dataSource.destroy();
       say('done');`,
    );
    const { connection } = postgres.server;
    const database = (dataSource.driver as { database?: string }).database!;
    const child = startScript(script, [JSON.stringify({ ...connection, database })]);
    expect(await child.next()).toBe('holding');
    expect(await lock.tryWithLock('frozen', LEASE, async () => 'mine')).toEqual({ acquired: false });
    child.process.kill('SIGSTOP');
    await eventually(async () => {
      expect(await lock.tryWithLock('frozen', LEASE, async () => 'mine')).toEqual({ acquired: true, value: 'mine' });
    });
    child.process.kill('SIGUSR2');
    child.process.kill('SIGCONT');
    expect(await child.next()).toEqual({ asserted: 'LeaseLostError', aborted: true });
    expect(await child.next()).toBe('done');
  });
});
