import { NoticeReceiver } from '../support/notice-receiver.js';
import { databaseUrl, Product } from '../support/product.js';
import { eventually } from '../support/eventually.js';
import { KillablePostgres } from '../support/queue-postgres.js';
import { redisMissing, RedisServer } from '../support/redis.js';
import { describeWith } from '../support/requires.js';

/** So that a notice waits for nothing that is not under test. */
const PROMPT = {
  SWARMWARD_EVALUATION_SECONDS: '2',
  SWARMWARD_GROUP_WAIT_SECONDS: '1',
  // Channels hold secrets.
  SWARMWARD_SECRETS_KEY: 'a-secrets-key-of-32-characters-or-more',
};
/** A rule holds for 30 s or 60 s, a sample is 10 s old at most, a silent worker counts as alive for 30 s; and on a busy machine. */
const TOLD_MS = 240_000;
const MENDED_MS = 120_000;
const SILENT_WITHIN_MS = 60_000;
/** So long that it is no pause between two beats. */
const SILENCE_MS = 10_000;
const STORY_MS = 600_000;

/** Processes start one after the other: they are not alone on the machine. */
let started: Promise<unknown> = Promise.resolve();

/** PostgreSQL, a receiver and the processes of one story, all of its own: the stories go on side by side, since they wait for minutes. */
class Installation {
  private readonly products: Product[] = [];

  private constructor(
    readonly postgres: KillablePostgres,
    readonly receiver: NoticeReceiver,
  ) {}

  /** Leaves nothing behind. */
  static async of(story: (installation: Installation) => Promise<void>): Promise<void> {
    const installation = new Installation(await KillablePostgres.create(), await NoticeReceiver.start());
    try {
      await story(installation);
    } finally {
      await Promise.all(installation.products.map((each) => each.stop('SIGKILL')));
      await installation.receiver.stop();
      await installation.postgres.remove();
    }
  }

  async start(env: Record<string, string> = {}): Promise<Product> {
    const starting = started.catch(() => undefined).then(() => this.startNow(env));
    started = starting;
    return starting;
  }

  /** Tells the receiver of all. */
  async tell(api: Product): Promise<void> {
    const response = await api.fetch('/api/v1/channels', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        name: 'on call',
        kind: 'webhook',
        config: { url: this.receiver.url },
        is_default: true,
      }),
    });
    expect([response.status, await response.text()]).toEqual([201, expect.any(String)]);
  }

  private async startNow(env: Record<string, string>): Promise<Product> {
    const product = await Product.start({
      env: { ...PROMPT, DATABASE_URL: databaseUrl(this.postgres.config), ...env },
      ready: false,
    });
    this.products.push(product);
    await product.untilReady();
    return product;
  }
}

const story = (tell: (installation: Installation) => Promise<void>) => (): Promise<void> => Installation.of(tell);

/** Those that have ended meanwhile are left out. */
function signalAll(pids: number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

// Real: the built product, PostgreSQL, Redis, the receiver. Only default rules, with the times they come with.
describeWith('the watchdog', redisMissing(), () => {
  it.concurrent(
    'tells that Redis is dead and the queue locked, and when each is mended',
    story(async (installation) => {
      const { postgres, receiver } = installation;
      const redis = await RedisServer.create();
      try {
        const product = await installation.start({ REDIS_URL: redis.url });
        await installation.tell(product);
        await redis.kill();
        const tables = await postgres.query<{ name: string }>(
          "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'bullmq'",
        );
        expect(tables).not.toEqual([]);
        await postgres.session(async (client) => {
          // Whoever else holds one of them gives way.
          await client.query(`SET deadlock_timeout = '10min'`);
          await client.query('BEGIN');
          await client.query(`LOCK TABLE ${tables.map(({ name }) => name).join(', ')} IN ACCESS EXCLUSIVE MODE`);
          await receiver.told('firing', 'Redis down', { timeoutMs: TOLD_MS });
          await receiver.told('firing', 'Job queue does not answer', { timeoutMs: TOLD_MS });
          await client.query('ROLLBACK');
        });
        await redis.start();
        await receiver.told('resolved', 'Redis down', { timeoutMs: MENDED_MS });
        await receiver.told('resolved', 'Job queue does not answer', { timeoutMs: MENDED_MS });
      } finally {
        await redis.stop();
      }
    }),
    STORY_MS,
  );

  it.concurrent(
    'tells that jobs wait and nobody takes them, although a worker is alive',
    story(async (installation) => {
      const { receiver } = installation;
      const often = { SWARMWARD_SWARM_REFRESH_SECONDS: '5' };
      const api = await installation.start({ ...often, SWARMWARD_ROLE: 'api' });
      await installation.tell(api);
      // It is well, and takes all but the jobs of the swarm.
      await installation.start({ SWARMWARD_ROLE: 'worker', SWARMWARD_WORKER_QUEUES: 'maintenance' });
      await installation.start({ ...often, SWARMWARD_ROLE: 'scheduler' });
      await receiver.told('firing', 'Job queue long', { target: 'swarm', timeoutMs: TOLD_MS });
      expect(receiver.alerts.map(({ rule_name }) => rule_name)).not.toContain('No worker');
      await installation.start({ SWARMWARD_ROLE: 'worker' });
      await receiver.told('resolved', 'Job queue long', { target: 'swarm', timeoutMs: MENDED_MS });
    }),
    STORY_MS,
  );

  it.concurrent(
    'tells that no worker is alive, and when one is',
    story(async (installation) => {
      const { receiver } = installation;
      const api = await installation.start({ SWARMWARD_ROLE: 'api' });
      await installation.tell(api);
      const worker = await installation.start({ SWARMWARD_ROLE: 'worker' });
      await installation.start({ SWARMWARD_ROLE: 'scheduler' });
      worker.child.kill('SIGKILL');
      const none = await receiver.told('firing', 'No worker', { timeoutMs: TOLD_MS });
      expect(none).toMatchObject({ severity: 'critical', summary: 'No worker is alive' });
      await installation.start({ SWARMWARD_ROLE: 'worker' });
      await receiver.told('resolved', 'No worker', { timeoutMs: MENDED_MS });
    }),
    STORY_MS,
  );

  it.concurrent(
    'is not heard any more within a minute when PostgreSQL dies or hangs, and again when it is back',
    story(async (installation) => {
      const { postgres, receiver } = installation;
      await installation.start({ HEARTBEAT_URL: receiver.url, SWARMWARD_HEARTBEAT_SECONDS: '1' });
      const beats = async (): Promise<void> => {
        const before = receiver.beats.length;
        await eventually(() => expect(receiver.beats.length).toBeGreaterThan(before + 2), { timeoutMs: MENDED_MS });
      };
      const silent = async (): Promise<void> => {
        const died = performance.now();
        await eventually(() => expect(performance.now() - (receiver.beats.at(-1) ?? 0)).toBeGreaterThan(SILENCE_MS), {
          timeoutMs: SILENT_WITHIN_MS + 2 * SILENCE_MS,
        });
        expect(receiver.beats.at(-1)! - died).toBeLessThan(SILENT_WITHIN_MS);
      };
      await beats();
      await postgres.kill();
      await silent();
      await postgres.start();
      await beats();

      const [{ pids }] = (await postgres.query<{ pids: number[] }>(
        `SELECT array_agg(pid ORDER BY server DESC) AS pids FROM (
         SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int AS pid, true AS server
         UNION ALL SELECT pid, false FROM pg_stat_activity WHERE pid <> pg_backend_pid()) all_of_it`,
      )) as [{ pids: number[] }];
      signalAll(pids, 'SIGSTOP');
      try {
        await silent();
      } finally {
        signalAll(pids, 'SIGCONT');
      }
      await beats();
    }),
    STORY_MS,
  );
});
