import { Logger } from '@nestjs/common';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { AdvisoryLock } from '../../src/platform/database/advisory-lock.store.js';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../src/platform/database/embedded/embedded-postgres.driver.js';
import { Leadership, LeadershipTimes } from '../../src/platform/schedule/leadership.service.js';
import { killScripts, startScript } from '../support/child.js';
import { compileSources } from '../support/compile.js';
import { eventually } from '../support/eventually.js';
import { RecordedLog, startTestPostgres, temporaryFolder, type TestPostgres } from '../support/postgres.js';

/** A lease is not lost because the machine is busy; where one is to be lost, its test says so. */
const TIMES: LeadershipTimes = { leaseMs: 30_000, lookEveryMs: 50, longestPauseMs: 400, farewellMs: 2_000 };

describe('Leadership', () => {
  let postgres: TestPostgres;
  let restarted: EmbeddedPostgres | undefined;
  let dataSource: DataSource;
  let folder: string;
  let log: RecordedLog;
  let leads: Leadership[] = [];

  beforeAll(async () => {
    postgres = await startTestPostgres();
    dataSource = await postgres.openDataSource();
    folder = await temporaryFolder();
  });
  beforeEach(() => {
    log = new RecordedLog();
    Logger.overrideLogger(log);
  });
  afterEach(async () => {
    await killScripts();
    await Promise.all(leads.map((each) => each.beforeApplicationShutdown()));
    leads = [];
  });
  afterAll(async () => {
    Logger.overrideLogger(false);
    await postgres.stop();
    await restarted?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const newLead = (times: Partial<LeadershipTimes> = {}): Leadership => {
    const lead = new Leadership(new AdvisoryLock(dataSource), { ...TIMES, ...times });
    leads.push(lead);
    return lead;
  };
  const untilAborted = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

  /** Says when it leads and when no longer. */
  const watch = (lead: Leadership, name: string, seen: string[], who: string): void =>
    lead.take({
      name,
      work: async (_lease, signal) => {
        seen.push(`${who} leads`);
        await untilAborted(signal);
        seen.push(`${who} ends`);
      },
    });

  it('has one leader of two, and the other one as soon as the first ends in order', async () => {
    const seen: string[] = [];
    const first = newLead();
    watch(first, 'duty', seen, 'first');
    await eventually(() => expect(seen).toEqual(['first leads']));
    watch(newLead(), 'duty', seen, 'second');
    watch(newLead(), 'another', seen, 'third');
    await eventually(() => expect(seen).toEqual(['first leads', 'third leads']));
    const began = performance.now();
    await first.beforeApplicationShutdown();
    await eventually(() => expect(seen).toEqual(['first leads', 'third leads', 'first ends', 'second leads']));
    expect(performance.now() - began).toBeLessThan(TIMES.leaseMs / 2);
    expect(log.lines.filter((line) => /lost|not available|failed/.test(line))).toEqual([]);
  });

  it('hands over when the session of the leader is ended; what the old one writes then does not arrive', async () => {
    const seen: string[] = [];
    let writes: Promise<string> | undefined;
    await dataSource.query('CREATE TABLE written (who text)');
    newLead().take({
      name: 'cut',
      work: async (lease, signal) => {
        seen.push('leads');
        if (seen.length > 1) return untilAborted(signal);
        await untilAborted(lease.signal);
        writes = lease.manager.query(`INSERT INTO written VALUES ('late')`).then(
          () => 'written',
          () => 'refused',
        );
        expect(signal.aborted).toBe(true);
      },
    });
    await eventually(() => expect(seen).toEqual(['leads']));
    await dataSource.query(
      `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()`,
    );
    await eventually(() => expect(seen).toEqual(['leads', 'leads']));
    expect(await writes).toBe('refused');
    expect(await dataSource.query('SELECT * FROM written')).toEqual([]);
  });

  it.each(['SIGKILL', 'SIGSTOP'] as const)('is taken over from a process that got %s', async (by) => {
    await compileSources(
      ['database', 'config', 'queue', 'schedule'].map((room) => `src/platform/${room}`),
      folder,
    );
    const script = join(folder, 'lead.mjs');
    await writeFile(
      script,
      `import 'reflect-metadata';
       import { Logger } from '@nestjs/common';
       import { DataSource } from 'typeorm';
       import { AdvisoryLock } from './src/platform/database/advisory-lock.store.js';
       import { Leadership } from './src/platform/schedule/leadership.service.js';
       Logger.overrideLogger(false);
       const say = (what) => console.log(JSON.stringify(what));
       const dataSource = await new DataSource({ type: 'postgres', installExtensions: false, extra: JSON.parse(process.argv[2]) }).initialize();
       new Leadership(new AdvisoryLock(dataSource), ${JSON.stringify({ ...TIMES, leaseMs: 2_500 })}).take({
         name: 'shared',
         work: async (lease, signal) => {
           say('leads');
           await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
           await lease.manager.query("INSERT INTO from_the_grave VALUES (1)").then(() => say('written'), () => say('refused'));
         },
       });`,
    );
    await dataSource.query('CREATE TABLE IF NOT EXISTS from_the_grave (n int)');
    const { connection } = postgres.server;
    const database = (dataSource.driver as { database?: string }).database!;
    const child = startScript(script, [JSON.stringify({ ...connection, database })]);
    expect(await child.next()).toBe('leads');
    const seen: string[] = [];
    const second = newLead();
    watch(second, 'shared', seen, 'second');
    // It looked at least once, and did not get it.
    await eventually(async () => {
      const [row] = await dataSource.query<[{ asked: number }]>(
        `SELECT count(*)::int AS asked FROM pg_stat_activity WHERE query LIKE '%pg_try_advisory_lock%' AND datname = current_database()`,
      );
      expect(row.asked).toBeGreaterThan(1);
    });
    expect(seen).toEqual([]);
    child.process.kill(by);
    await eventually(() => expect(seen).toEqual(['second leads']));
    if (by === 'SIGKILL') return;
    child.process.kill('SIGCONT');
    expect(await child.next()).toBe('refused');
    expect(await dataSource.query('SELECT * FROM from_the_grave')).toEqual([]);
    expect(seen).toEqual(['second leads']);
  });

  it('begins work anew that fails, ever more slowly, and says so each time', async () => {
    const began: number[] = [];
    newLead({ longestPauseMs: 200 }).take({
      name: 'failing',
      work: async () => {
        began.push(performance.now());
        throw new Error('a mistake');
      },
    });
    await eventually(() => expect(began.length).toBeGreaterThanOrEqual(5));
    const pauses = began.slice(1).map((at, index) => at - began[index]!);
    expect(pauses[2]!).toBeGreaterThanOrEqual(190);
    expect(pauses[3]!).toBeLessThan(10_000);
    expect(
      log.lines.filter((line) => line.startsWith('failing failed and begins anew: Error: a mistake')),
    ).toHaveLength(began.length);
  });

  it('ends with the application even when the work does not', async () => {
    const lead = newLead({ farewellMs: 100 });
    let leads = false;
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    lead.take({
      name: 'deaf',
      work: () => {
        leads = true;
        return held;
      },
    });
    await eventually(() => expect(leads).toBe(true));
    const began = performance.now();
    await lead.beforeApplicationShutdown();
    expect(performance.now() - began).toBeLessThan(20_000);
    letGo();
  });

  it('says once that the database is away, leads again when it is back, and a shutdown meanwhile waits for nothing', async () => {
    const seen: string[] = [];
    const first = newLead();
    const second = newLead();
    watch(first, 'outage', seen, 'first');
    await eventually(() => expect(seen).toEqual(['first leads']));
    watch(second, 'outage', seen, 'second');
    await postgres.server.stop();
    await eventually(() => expect(seen).toEqual(['first leads', 'first ends']));
    const away = (): string[] =>
      log.lines.filter(
        (line) => line.startsWith('The lead of the watchdog is not available') && line.endsWith('until it is'),
      );
    await eventually(() => expect(away()).toHaveLength(2));
    const third = newLead({ farewellMs: 30_000 });
    watch(third, 'outage', seen, 'third');
    await eventually(() => expect(away()).toHaveLength(3));
    const began = performance.now();
    await third.beforeApplicationShutdown();
    expect(performance.now() - began).toBeLessThan(15_000);
    restarted = await startEmbeddedPostgres({ dataDir: postgres.server.dataDir, log: new RecordedLog() });
    await eventually(() => expect(seen).toHaveLength(3));
    expect(seen[2]).toMatch(/^(first|second) leads$/);
    // Also the one that stands by knows that the database is back.
    await eventually(() =>
      expect(
        log.lines.filter((line) => /^The lead of the watchdog is available again after \d+ s$/.test(line)),
      ).toHaveLength(2),
    );
    expect(away()).toHaveLength(3);
  });

  it('takes no lead that is lost for a sign that the database is back', async () => {
    const lost = new AbortController();
    let attempts = 0;
    const refused = (): never => {
      attempts += 1;
      throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    };
    const held = new Set<string>();
    const lock = {
      tryWithLock: async (
        name: string,
        _times: unknown,
        work: (lease: { signal: AbortSignal }) => Promise<unknown>,
      ) => {
        if (name !== 'held' || held.has(name)) return refused();
        held.add(name);
        return { acquired: true, value: await work({ signal: lost.signal }) };
      },
    };
    const lead = new Leadership(lock as unknown as AdvisoryLock, TIMES);
    leads.push(lead);
    const seen: string[] = [];
    watch(lead, 'held', seen, 'first');
    watch(lead, 'another', seen, 'second');
    await eventually(() => expect(attempts).toBeGreaterThan(1));
    lost.abort();
    await eventually(() => expect(seen).toEqual(['first leads', 'first ends']));
    const before = attempts;
    await eventually(() => expect(attempts).toBeGreaterThan(before + 3));
    expect(log.lines.filter((line) => line.startsWith('The lead of the watchdog'))).toEqual([
      'The lead of the watchdog is not available (connect ECONNREFUSED); it is tried again until it is',
    ]);
  });
});
