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
/** A rule holds for 30 s or 60 s, a sample is 10 s old at most, a silent worker counts as alive for 30 s. */
const TOLD_MS = 120_000;
const MENDED_MS = 60_000;

const addChannel = async (api: Product, url: string): Promise<void> => {
  const response = await api.fetch('/api/v1/channels', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'on call', kind: 'webhook', config: { url }, is_default: true }),
  });
  expect([response.status, await response.text()]).toEqual([201, expect.any(String)]);
};

// Real: the built product, PostgreSQL, Redis, the receiver. Only default rules.
describeWith('the watchdog', redisMissing(), () => {
  let postgres: KillablePostgres;
  let receiver: NoticeReceiver;
  let products: Product[];
  beforeEach(async () => {
    [postgres, receiver] = await Promise.all([KillablePostgres.create(), NoticeReceiver.start()]);
    products = [];
  });
  afterEach(async () => {
    await Promise.all(products.map((each) => each.stop('SIGKILL')));
    await receiver.stop();
    await postgres.remove();
  });

  const start = async (env: Record<string, string> = {}): Promise<Product> => {
    const product = await Product.start({
      env: { ...PROMPT, DATABASE_URL: databaseUrl(postgres.config), ...env },
      ready: false,
    });
    products.push(product);
    await product.untilReady();
    return product;
  };

  it('tells that Redis is dead and the queue locked, and when each is mended', async () => {
    const redis = await RedisServer.create();
    try {
      const product = await start({ REDIS_URL: redis.url });
      await addChannel(product, receiver.url);
      await redis.kill();
      const tables = await postgres.query<{ name: string }>(
        "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'bullmq'",
      );
      expect(tables).not.toEqual([]);
      await postgres.session(async (client) => {
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
  }, 400_000);

  it('tells that jobs wait and nobody takes them, and that no worker is alive', async () => {
    const queues = ['swarm', 'maintenance', 'ping', 'checks', 'on-demand', 'snmp'].join(',');
    const often = { SWARMWARD_SWARM_REFRESH_SECONDS: '5' };
    const api = await start({ ...often, SWARMWARD_ROLE: 'api' });
    await addChannel(api, receiver.url);
    await start({ ...often, SWARMWARD_ROLE: 'scheduler' });
    // It is alive and well, and takes all but the jobs of the swarm.
    const one = await start({ SWARMWARD_ROLE: 'worker', SWARMWARD_WORKER_QUEUES: 'maintenance' });
    await receiver.told('firing', 'Job queue long', { target: 'swarm', timeoutMs: TOLD_MS });
    expect(receiver.alerts.map(({ rule_name }) => rule_name)).not.toContain('No worker');
    one.child.kill('SIGKILL');
    const none = await receiver.told('firing', 'No worker', { timeoutMs: TOLD_MS });
    expect(none).toMatchObject({ severity: 'critical', summary: 'No worker is alive' });
    await start({ SWARMWARD_ROLE: 'worker', SWARMWARD_WORKER_QUEUES: queues });
    await receiver.told('resolved', 'No worker', { timeoutMs: MENDED_MS });
    await receiver.told('resolved', 'Job queue long', { target: 'swarm', timeoutMs: MENDED_MS });
  }, 500_000);

  it('is not heard any more within a minute when PostgreSQL dies or hangs, and again when it is back', async () => {
    await start({ HEARTBEAT_URL: receiver.url, SWARMWARD_HEARTBEAT_SECONDS: '1' });
    const beats = async (): Promise<void> => {
      const before = receiver.beats.length;
      await eventually(() => expect(receiver.beats.length).toBeGreaterThan(before + 2), { timeoutMs: MENDED_MS });
    };
    /** So long that it is no pause between two. */
    const silent = async (): Promise<void> => {
      const died = performance.now();
      await eventually(() => expect(performance.now() - (receiver.beats.at(-1) ?? 0)).toBeGreaterThan(10_000), {
        timeoutMs: 70_000,
      });
      expect(receiver.beats.at(-1)! - died).toBeLessThan(60_000);
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
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    try {
      await silent();
    } finally {
      for (const pid of pids) process.kill(pid, 'SIGCONT');
    }
    await beats();
  }, 400_000);
});
