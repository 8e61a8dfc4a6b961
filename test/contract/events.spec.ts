import { DataSource } from 'typeorm';
import { EventBus } from '../../src/platform/events/event-bus.store.js';
import { EventFeed, FeedTimes } from '../../src/platform/events/event-feed.client.js';
import type { Notice } from '../../src/platform/events/notice.js';
import { eventually } from '../support/eventually.js';
import { RecordedLog } from '../support/postgres.js';
import { KillablePostgres } from '../support/queue-postgres.js';

// Real: PostgreSQL, which is killed and frozen; the connections.
const times: FeedTimes = { firstPauseMs: 20, longestPauseMs: 100, checkEveryMs: 100, patienceMs: 20_000 };
const published = (revision: string): Notice => ({ kind: 'swarm_published', revision });

describe('bus and feed', () => {
  let postgres: KillablePostgres;
  let database: DataSource;
  let bus: EventBus;
  let log: RecordedLog;
  let feed: EventFeed;
  let heard: string[];

  beforeAll(async () => {
    postgres = await KillablePostgres.create();
    const { user, ...address } = postgres.config;
    database = new DataSource({
      type: 'postgres',
      ...address,
      username: user,
      installExtensions: false,
      poolErrorHandler: () => undefined,
    });
    await database.initialize();
    bus = new EventBus(database);
  });
  beforeEach(async () => {
    log = new RecordedLog();
    feed = new EventFeed(postgres.config, times, log);
    heard = [];
    feed.onGap(() => heard.push('gap'));
    feed.on('swarm_published', ({ revision }) => heard.push(revision));
    await eventually(() => expect(heard).toEqual(['gap']));
  });
  afterEach(() => feed.onApplicationShutdown());
  afterAll(async () => {
    await database?.destroy();
    await postgres?.remove();
  });

  const tell = async (revision: string): Promise<void> => {
    await eventually(() => bus.publish(published(revision)));
    await eventually(() => expect(heard).toContain(revision));
  };
  /** Of the one feed there is: that of the test before may take a moment to go. */
  const feedPid = (): Promise<number> =>
    eventually(async () => {
      const pids = await feedPids();
      expect(pids).toHaveLength(1);
      return pids[0]!;
    });
  const feedPids = async (): Promise<number[]> => {
    const rows = await postgres.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE application_name = 'swarmward events'`,
    );
    return rows.map(({ pid }) => pid);
  };

  it('tell every notice once, in the order of the commits', async () => {
    const revisions = Array.from({ length: 50 }, (_, index) => `r${index}`);
    for (const revision of revisions) await bus.publish(published(revision));
    await eventually(() => expect(heard).toEqual(['gap', ...revisions]));
  });

  it('tell at commit, and never what was rolled back', async () => {
    await database.transaction(async (manager) => {
      await bus.publish(published('committed'), manager);
      await tell('before');
      expect(heard).toEqual(['gap', 'before']);
    });
    await database
      .transaction(async (manager) => {
        await bus.publish(published('rolled back'), manager);
        throw new Error('no');
      })
      .catch(() => undefined);
    await tell('after');
    expect(heard).toEqual(['gap', 'before', 'committed', 'after']);
  });

  it('refuse a notice that is too large without touching the transaction', async () => {
    await database.transaction(async (manager) => {
      await expect(bus.publish(published('x'.repeat(8_000)), manager)).rejects.toThrow('cannot be told');
      await bus.publish(published('small'), manager);
    });
    await eventually(() => expect(heard).toContain('small'));
  });

  it('use one connection however many subscribe, and none before', async () => {
    const idle = new EventFeed(postgres.config, times, log);
    feed.on('job', () => undefined);
    feed.on('probe_cycle', () => undefined);
    await feedPid();
    idle.onApplicationShutdown();
  });

  it('go on when a subscriber fails or has gone, and pay no attention to what is no notice', async () => {
    const end = feed.on('swarm_published', () => {
      throw new Error('broken subscriber');
    });
    await tell('one');
    expect(log.lines).toEqual(['A subscriber to notices failed: broken subscriber']);
    end();
    await postgres.query(`SELECT pg_notify('swarmward_events', 'nonsense')`);
    await tell('two');
    expect(log.lines).toHaveLength(1);
  });

  it('say that there was a gap when the connection is ended from outside, and go on', async () => {
    await postgres.query('SELECT pg_terminate_backend($1)', [await feedPid()]);
    await eventually(() => expect(heard).toEqual(['gap', 'gap']));
    await tell('again');
    expect(log.lines).toEqual([
      expect.stringMatching(/^Notices from other processes are not heard \(.*\); connecting again until they are$/),
      expect.stringMatching(/^Notices from other processes are heard again after \d+ s$/),
    ]);
  });

  it('survive a killed server: one line when it is lost, one when it is back, and a gap', async () => {
    await postgres.kill();
    await eventually(() => expect(log.lines).toHaveLength(1));
    // Not all connections break at the same moment.
    await eventually(() => expect(bus.publish(published('lost'))).rejects.toThrow(/./));
    await postgres.start();
    await eventually(() => expect(heard).toEqual(['gap', 'gap']));
    await tell('after the restart');
    expect(log.lines).toHaveLength(2);
    expect(heard).toEqual(['gap', 'gap', 'after the restart']);
  });

  it('notice a peer that is silent', async () => {
    feed.onApplicationShutdown();
    const hasty = new EventFeed(postgres.config, { ...times, patienceMs: 500 }, log);
    let gaps = 0;
    hasty.onGap(() => gaps++);
    hasty.on('swarm_published', ({ revision }) => heard.push(revision));
    await eventually(() => expect(gaps).toBeGreaterThan(0));
    const pid = await feedPid();
    const before = gaps;
    process.kill(pid, 'SIGSTOP');
    try {
      await eventually(() => expect(gaps).toBeGreaterThan(before));
      await tell('over a new connection');
    } finally {
      process.kill(pid, 'SIGCONT');
      hasty.onApplicationShutdown();
    }
  });

  it('end at once, also while there is nothing to connect to', async () => {
    await postgres.kill();
    await eventually(() => expect(feed.isListening).toBe(false));
    feed.onApplicationShutdown();
    await postgres.start();
    expect(await feedPids()).toEqual([]);
    feed.on('job', () => undefined);
    expect(await feedPids()).toEqual([]);
    expect(heard).toEqual(['gap']);
  });
});
