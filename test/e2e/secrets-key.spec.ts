import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { DatabaseConnection } from '../../src/platform/database/connection.js';
import { databaseUrl, freshFolder, Product, type ProductOptions } from '../support/product.js';
import { query, startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { eventually } from '../support/eventually.js';
import { redisMissing, RedisServer } from '../support/redis.js';
import { describeWith } from '../support/requires.js';

jest.setTimeout(120_000);

const [OLD, NEW] = ['old-key-old-key-old-key-old-key-1', 'new-key-new-key-new-key-new-key-2'];
const SECRETS = ['planted-community', 'planted-auth-key', 'planted-priv-key', OLD, NEW];

const store = (product: Product, body: object) =>
  product.fetch('/api/v1/credentials', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const v2c = { name: 'v2c', kind: 'snmp_v2c', community: SECRETS[0] };
const v3 = {
  name: 'v3',
  kind: 'snmp_v3',
  user: 'operator',
  auth: { protocol: 'sha', key: SECRETS[1] },
  priv: { protocol: 'aes', key: SECRETS[2] },
};
/** Starts one that must refuse, and returns the line it ends with. */
async function refusal(options: ProductOptions): Promise<string> {
  const product = await Product.start({ ...options, ready: false });
  const { code } = await product.exited;
  expect([code, product.lines.some(({ msg }) => String(msg).includes('is ready'))]).toEqual([1, false]);
  for (const secret of SECRETS) expect(product.output).not.toContain(secret);
  return String(product.lines.find(({ level }) => level === 'fatal')?.['msg']);
}

describe('the key of stored credentials, with the embedded database', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = freshFolder();
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  it('is made in the data folder, kept, and missed when it is lost', async () => {
    const file = join(dataDir, 'secrets.key');
    const first = await Product.start({ dataDir });
    expect((await store(first, v2c)).status).toBe(201);
    await first.stop();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const key = readFileSync(file, 'utf8');

    const second = await Product.start({ dataDir });
    await second.stop();
    expect(second.output).not.toContain(key.trim());

    rmSync(file);
    expect(await refusal({ dataDir })).toContain(`the key file ${file} is missing`);
    expect(existsSync(file)).toBe(false);

    const env = { SWARMWARD_SECRETS_KEY: NEW, SWARMWARD_SECRETS_KEY_PREVIOUS: key.trim() };
    const third = await Product.start({ dataDir, env });
    await eventually(() => expect(third.output).toContain('1 stored credential was encrypted anew'));
    await third.stop();
    expect(third.output).not.toContain(key.trim());
  }, 180_000);
});

describeWith('the key of stored credentials, with a database of one’s own', redisMissing(), () => {
  let postgres: TestPostgres;
  let redis: RedisServer;
  let connection: DatabaseConnection;
  beforeAll(async () => {
    [postgres, redis] = await Promise.all([startTestPostgres(), RedisServer.create()]);
    connection = await postgres.createEmptyDatabase();
  }, 120_000);
  afterAll(() => Promise.all([postgres?.stop(), redis?.stop()]));

  const env = (more: Record<string, string>) => ({
    DATABASE_URL: databaseUrl(connection),
    REDIS_URL: redis.url,
    LOG_LEVEL: 'trace',
    ...more,
  });

  it('must be set, must be right, and can be changed; no secret shows anywhere', async () => {
    const without = await Product.start({ env: env({}) });
    const refused = await store(without, v2c);
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([409, 'secrets_key_missing']);
    await without.stop();

    const old = await Product.start({ env: env({ SWARMWARD_SECRETS_KEY: OLD }) });
    for (const body of [v2c, v3]) expect((await store(old, body)).status).toBe(201);
    const answers = await Promise.all(
      ['/credentials', '/audit', '/devices'].map(async (path) => (await old.fetch(`/api/v1${path}`)).text()),
    );
    await old.stop();
    const tables = await query<{ name: string }>(
      connection,
      `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
        WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'`,
    );
    const dump = await Promise.all(tables.map(({ name }) => query(connection, `SELECT t::text FROM ${name} t`)));
    const client = new Redis(redis.url);
    const keys = await client.keys('*');
    const cached = await Promise.all(keys.map((key) => client.dump(key)));
    client.disconnect();
    const everything = JSON.stringify([answers, dump, keys, cached]) + old.output;
    expect(everything).toContain('credential.created');
    for (const secret of SECRETS) {
      expect(everything).not.toContain(secret);
      expect(everything).not.toContain(Buffer.from(secret!).toString('hex'));
    }

    expect(await refusal({ env: env({}) })).toContain('SWARMWARD_SECRETS_KEY is not set');
    for (const SWARMWARD_ROLE of ['all', 'api', 'worker', 'scheduler']) {
      const line = await refusal({ env: env({ SWARMWARD_ROLE, SWARMWARD_SECRETS_KEY: NEW }) });
      expect(line).toContain('SWARMWARD_SECRETS_KEY is another one. Set it to the key they were stored with.');
    }
    const scheduler = await Product.start({ env: env({ SWARMWARD_ROLE: 'scheduler' }) });
    await scheduler.stop();

    const both = { SWARMWARD_SECRETS_KEY: NEW, SWARMWARD_SECRETS_KEY_PREVIOUS: OLD };
    const changed = await Promise.all(
      ['api', 'worker'].map((SWARMWARD_ROLE) => Product.start({ env: env({ SWARMWARD_ROLE, ...both }) })),
    );
    await Promise.all(changed.map((product) => product.stop()));
    const told = changed.map(({ output }) => output.includes('2 stored credentials were encrypted anew'));
    expect(told.filter(Boolean)).toHaveLength(1);
    const last = await Product.start({ env: env({ SWARMWARD_SECRETS_KEY: NEW }) });
    await last.stop();
  }, 180_000);
});
