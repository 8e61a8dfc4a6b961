import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { EvaluatorStatus } from '../../src/alerts/evaluator/evaluator-status.service.js';
import { DispatcherStatus } from '../../src/notifications/dispatch/dispatcher-status.js';
import { HeartbeatReceiver } from '../../src/notifications/heartbeat/heartbeat-receiver.client.js';
import { Heartbeat, type HeartbeatTimes } from '../../src/notifications/heartbeat/heartbeat.service.js';
import { WatchdogBeats } from '../../src/notifications/heartbeat/watchdog-beats.store.js';
import { readSettings } from '../../src/platform/config/read-settings.js';
import { AdvisoryLock } from '../../src/platform/database/advisory-lock.store.js';
import { Leadership } from '../../src/platform/schedule/leadership.service.js';
import { eventually } from '../support/eventually.js';
import { RecordedLog, startTestPostgres, type TestPostgres } from '../support/postgres.js';

const TIMES: HeartbeatTimes = { noteEveryMs: 50, databaseLimitMs: 30_000, patienceMs: 0 };
const LEADS = { leaseMs: 30_000, lookEveryMs: 50, longestPauseMs: 100, farewellMs: 2_000 };
const PASS = { durationMs: 1, rules: 1, targets: 1, firing: 0, pending: 0, fired: 0, resolved: 0 };
const SECRET = 'f3b1c0de-secret';

/** A scheduler, as far as the heartbeat sees it. */
interface Scheduler {
  evaluator: EvaluatorStatus;
  dispatcher: DispatcherStatus;
  stop(): Promise<void>;
}

// Real: PostgreSQL, the receiver, the leads. The evaluator and the dispatcher only say when they last worked.
describe('heartbeat', () => {
  let postgres: TestPostgres;
  let database: DataSource;
  let receiver: Server;
  let answer: 'well' | 'badly' | 'elsewhere';
  let beats: string[];
  let schedulers: Scheduler[];
  let log: RecordedLog;

  beforeAll(async () => {
    postgres = await startTestPostgres();
  });
  beforeEach(async () => {
    database = await postgres.openDataSource();
    log = new RecordedLog();
    Logger.overrideLogger(log);
    schedulers = [];
    beats = [];
    answer = 'well';
    receiver = createServer((request, response) => {
      beats.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`.trim());
      if (answer === 'well') response.end('OK');
      if (answer === 'badly') response.writeHead(500).end('no');
      if (answer === 'elsewhere') response.writeHead(302, { location: '/elsewhere' }).end();
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    await Promise.all(schedulers.map((each) => each.stop()));
    receiver.closeAllConnections();
    await new Promise((resolve) => receiver.close(resolve));
    Logger.overrideLogger(false);
  });
  afterAll(() => postgres.stop());

  const start = (times: Partial<HeartbeatTimes> = {}): Scheduler => {
    const { port } = receiver.address() as AddressInfo;
    const url = `http://me:${SECRET}@127.0.0.1:${port}/ping/${SECRET}`;
    const settings = { ...readSettings({ HEARTBEAT_URL: url }), heartbeatSeconds: 0.05 };
    const leadership = new Leadership(new AdvisoryLock(database), LEADS);
    const evaluator = new EvaluatorStatus();
    const dispatcher = new DispatcherStatus();
    const heartbeat = new Heartbeat(
      settings,
      leadership,
      evaluator,
      dispatcher,
      new WatchdogBeats(database),
      new HeartbeatReceiver(settings),
      { ...TIMES, ...times },
    );
    heartbeat.onApplicationBootstrap();
    const stop = async (): Promise<void> => {
      heartbeat.beforeApplicationShutdown();
      await leadership.beforeApplicationShutdown();
    };
    const scheduler = { evaluator, dispatcher, stop };
    schedulers.push(scheduler);
    return scheduler;
  };
  const ago = (ms: number): number => performance.now() - ms;
  const works = ({ evaluator, dispatcher }: Scheduler): void => {
    evaluator.passed(PASS, ago(0));
    dispatcher.passed(ago(0));
  };
  const isSent = async (): Promise<void> => {
    const before = beats.length;
    await eventually(() => expect(beats.length).toBeGreaterThan(before + 2));
  };
  const isWithheld = (): Promise<unknown> => eventually(() => expect(log.lines.at(-1)).toMatch(/withheld/));
  /** As if 46 s had passed since a half worked; said again in case that a note of it was still on its way. */
  const isSilent = (half: 'evaluator' | 'dispatcher'): Promise<unknown> =>
    eventually(async () => {
      await database.query(`UPDATE watchdog_beats SET at = now() - interval '46 seconds' WHERE half = $1`, [half]);
      expect(log.lines.at(-1)).toMatch(/withheld/);
    });
  /** Whatever is under way has arrived by then: one round of notes later nothing more has come. */
  const staysWithheld = async (): Promise<void> => {
    await isWithheld();
    const before = beats.length;
    const looks = async (): Promise<number> => {
      const [row] = await database.query<[{ count: number }]>(
        'SELECT (xact_commit + xact_rollback)::int AS count FROM pg_stat_database WHERE datname = current_database()',
      );
      return row.count;
    };
    const first = await looks();
    await eventually(async () => expect(await looks()).toBeGreaterThan(first + 5));
    expect(beats.length).toBe(before);
  };

  it('is sent while rules are evaluated and notices looked for, with the password in a header', async () => {
    works(start());
    await isSent();
    const pair = Buffer.from(`me:${SECRET}`).toString('base64');
    expect(new Set(beats)).toEqual(new Set([`GET /ping/${SECRET} Basic ${pair}`]));
  });

  it('is not sent before both have worked', async () => {
    const scheduler = start();
    await staysWithheld();
    scheduler.evaluator.passed(PASS, ago(0));
    await staysWithheld();
    expect(beats).toEqual([]);
    scheduler.dispatcher.passed(ago(0));
    await isSent();
  });

  it('stops when passes judge nothing, since the values that rules ask for cannot be read', async () => {
    const scheduler = start();
    scheduler.dispatcher.passed(ago(0));
    scheduler.evaluator.passed(PASS, ago(0), { sources: 1, ms: 14_999 });
    await isSent();
    scheduler.evaluator.ended();
    scheduler.evaluator.passed(PASS, ago(0), { sources: 1, ms: 15_000 });
    await isSilent('evaluator');
    await staysWithheld();
    works(scheduler);
    await isSent();
  });

  it.each(['evaluator', 'dispatcher'] as const)('stops with the %s, and begins again with it', async (half) => {
    const scheduler = start();
    works(scheduler);
    await isSent();
    scheduler[half].ended();
    await isSilent(half);
    await staysWithheld();
    expect(log.lines).toEqual([expect.stringMatching(/^The heartbeat is withheld: .* for \d\d s$/)]);
    works(scheduler);
    await isSent();
    expect(log.lines.at(-1)).toBe('The heartbeat is sent again');
  });

  it('knows of halves that are done by different processes, and is sent by one', async () => {
    const [first, second] = [start(), start()];
    first.evaluator.passed(PASS, ago(0));
    second.dispatcher.passed(ago(0));
    await isSent();
    // Whichever leads, the other goes on.
    await first.stop();
    await isSent();
  });

  it('is withheld while the database hangs, and comes back by itself', async () => {
    works(start({ databaseLimitMs: 500 }));
    await isSent();
    const holder = database.createQueryRunner();
    await holder.startTransaction();
    await holder.query('LOCK TABLE watchdog_beats IN ACCESS EXCLUSIVE MODE');
    await isWithheld();
    const before = beats.length;
    await holder.query('SELECT pg_sleep(0.5)');
    expect(beats.length).toBe(before);
    await holder.rollbackTransaction();
    await holder.release();
    await isSent();
  });

  it('forgets what was noted before the clock of the database was set back', async () => {
    const store = new WatchdogBeats(database);
    const nothing = { evaluator: null, dispatcher: null };
    await store.exchange({ evaluator: 0, dispatcher: 0 });
    await database.query(`UPDATE watchdog_beats SET at = now() + interval '1 hour'`);
    expect(await store.exchange(nothing)).toEqual(nothing);
    await store.exchange({ evaluator: 1_000, dispatcher: null });
    // An older word of another process changes nothing.
    await store.exchange({ evaluator: 900_000, dispatcher: null });
    const { evaluator, dispatcher } = await store.exchange(nothing);
    expect(dispatcher).toBeNull();
    expect(evaluator).toBeGreaterThanOrEqual(1_000);
    expect(evaluator).toBeLessThan(300_000);
  });

  it.each([
    ['badly', /it answered with HTTP 500/],
    ['elsewhere', /it answered with HTTP 302: redirects are not followed/],
    // The heartbeat that is under way when it ends is cut off, in one of two ways.
    ['no longer', /ECONNREFUSED|ECONNRESET|socket hang up/],
  ] as const)('of a receiver that answers %s it says so once, without its URL', async (how, reason) => {
    works(start());
    await isSent();
    const { port } = receiver.address() as AddressInfo;
    if (how !== 'no longer') {
      answer = how;
    } else {
      receiver.closeAllConnections();
      await new Promise((resolve) => receiver.close(resolve));
    }
    await eventually(() => expect(log.lines.at(-1)).toMatch(reason));
    if (how !== 'no longer') await isSent();
    expect(log.lines).toEqual([expect.stringContaining('The receiver of the heartbeat is not available')]);
    answer = 'well';
    if (how === 'no longer') await new Promise<void>((resolve) => receiver.listen(port, '127.0.0.1', resolve));
    await eventually(() => expect(log.lines.at(-1)).toMatch(/available again/));
    expect(log.lines.join()).not.toMatch(new RegExp(`${SECRET}|/ping`));
    expect(beats.join()).not.toContain('/elsewhere');
  });

  it('goes to no metadata service', async () => {
    const { signal } = new AbortController();
    const to = (url: string, allow = '') =>
      new HeartbeatReceiver(
        readSettings({ HEARTBEAT_URL: url, SWARMWARD_OUTBOUND_ALLOW: allow, SWARMWARD_OUTBOUND_PRIVATE: 'false' }),
      );
    await expect(to('http://169.254.169.254/secret-path').send(signal)).rejects.toThrow(
      /^169\.254\.169\.254 is the address of a metadata service\. Only SWARMWARD_OUTBOUND_ALLOW=169\.254\.169\.254\/32 allows it\.$/,
    );
    const { port } = receiver.address() as AddressInfo;
    await to(`http://127.0.0.1:${port}/`).send(signal);
    expect(beats).toEqual(['GET /']);
  });

  it('does nothing without a URL', async () => {
    const settings = readSettings({});
    expect(new HeartbeatReceiver(settings).isConfigured).toBe(false);
  });
});
