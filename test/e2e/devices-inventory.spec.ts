import type { ImportDto } from '../../src/devices/transfer/import.dto.js';
import { DeviceLab } from '../support/device-lab.js';
import { eventually } from '../support/eventually.js';
import { query, startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { databaseUrl, freePort, Product } from '../support/product.js';

jest.setTimeout(90_000);

interface Refusal {
  code: string;
  detail: string;
  errors?: { path: string; message: string }[];
}

let postgres: TestPostgres;
let database: Awaited<ReturnType<TestPostgres['createEmptyDatabase']>>;
let product: Product;
let lab: DeviceLab;

beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres?.stop());

async function start(env: Record<string, string> = {}): Promise<void> {
  database = await postgres.createEmptyDatabase();
  product = await Product.start({ env: { DATABASE_URL: databaseUrl(database), ...env } });
  lab = new DeviceLab(product);
}

describe('a file of 10,000 devices with bad rows', () => {
  const ROWS = 10_000;
  const LIMIT_MS = 10_000;
  const ipOf = (row: number): string => `127.7.${Math.floor(row / 250)}.${1 + (row % 250)}`;
  /** What is wrong with which row, and what is said about it. */
  const bad = new Map<number, { line: string; code: string; message: RegExp }>([
    [10, { line: 'bad-address,10.0.0.300,,', code: 'invalid', message: /numbers up to 255/ }],
    [
      500,
      {
        line: `again,${ipOf(1)},,`,
        code: 'duplicate_address',
        message: /127\.7\.0\.2 is in line 3 already, of "host-1"/,
      },
    ],
    [2_000, { line: `,${ipOf(2_000)},,`, code: 'invalid', message: /./ }],
    [2_001, { line: `nowhere,${ipOf(2_001)},Atlantis,`, code: 'reference_not_found', message: /Atlantis/ }],
    [
      4_000,
      {
        line: `circle-a,${ipOf(4_000)},,circle-b`,
        code: 'parent_cycle',
        message: /circle-a → circle-b → circle-a|circle-b → circle-a → circle-b/,
      },
    ],
    [4_001, { line: `circle-b,${ipOf(4_001)},,circle-a`, code: 'parent_cycle', message: /circle/ }],
    [4_002, { line: `below,${ipOf(4_002)},,circle-a`, code: 'parent_refused', message: /circle-a/ }],
    [9_998, { line: `too,many,cells,in,this,row`, code: 'malformed_row', message: /./ }],
    [9_999, { line: `orphan,${ipOf(9_999)},,nobody`, code: 'reference_not_found', message: /nobody/ }],
  ]);
  const csv = `name,ip,site,parent\n${Array.from(
    { length: ROWS },
    (_, row) =>
      bad.get(row)?.line ?? `host-${row},${ipOf(row)},${row % 2 ? 'north' : ''},${row === 77 ? 'host-1' : ''}`,
  ).join('\n')}\n`;
  const bringIn = (search: string, rows: string | object = csv) =>
    lab.ask<{ data: ImportDto } & Refusal>('POST', `/api/v1/devices/import${search}`, rows);
  const total = async (): Promise<number> => (await query(database, 'SELECT FROM devices')).length;

  beforeAll(async () => {
    await start();
    await lab.create('/api/v1/sites', { name: 'north' });
  });
  afterAll(() => product?.stop());

  it('is refused as a whole when it is atomic, with the reasons', async () => {
    const asked = performance.now();
    const { status, body } = await bringIn('?atomic=true');
    expect(performance.now() - asked).toBeLessThan(LIMIT_MS);
    expect([status, body.code]).toEqual([422, 'import_rolled_back']);
    expect(body.detail).toContain(`${bad.size} of ${ROWS} rows`);
    expect(body.errors!.length).toBeGreaterThanOrEqual(bad.size);
    expect(await total()).toBe(0);
  });

  it('is imported without its bad rows in under 10 s, and says what became of each', async () => {
    const asked = performance.now();
    const { status, body } = await bringIn('?rows=all');
    expect(performance.now() - asked).toBeLessThan(LIMIT_MS);
    expect(status).toBe(200);
    const { rows, ...counts } = body.data;
    expect(counts).toMatchObject({
      total: ROWS,
      created: ROWS - bad.size,
      failed: bad.size,
      committed: true,
      rows_truncated: false,
    });
    expect(rows.map(({ row }) => row)).toEqual(rows.map((_, index) => index + 1));
    const created = rows.filter((_, index) => !bad.has(index));
    expect(created.filter(({ status: became, errors }) => became !== 'created' || errors.length > 0)).toEqual([]);
    for (const [index, { code, message }] of bad) {
      expect(rows[index]).toMatchObject({ status: 'failed', id: null });
      expect(rows[index]!.errors).toEqual([expect.objectContaining({ code, message: expect.stringMatching(message) })]);
    }
    expect(await total()).toBe(ROWS - bad.size);
    expect(await lab.list()).toHaveLength(ROWS - bad.size);
  });

  it('is refused row by row when it comes again, by the names of the devices that have the addresses', async () => {
    const { status, body } = await bringIn('');
    expect([status, body.data.created, body.data.failed]).toEqual([200, 0, ROWS]);
    expect(body.data.rows.find(({ row }) => row === 1)!.errors).toEqual([
      { path: 'ip', code: 'duplicate_address', message: 'The address 127.7.0.1 is used by device "host-0".' },
    ]);
    expect(await total()).toBe(ROWS - bad.size);
  });

  it('is refused with the reason when fping could not meet the interval, also by a change of the profile', async () => {
    const { id } = await lab.create('/api/v1/profiles', { name: 'hasty', ping_interval_seconds: 2, packets: 1 });
    const rows = Array.from({ length: 8_000 }, (_, row) => ({
      name: `hasty-${row}`,
      ip: ipOf(row).replace('127.7', '127.8'),
      profile: 'hasty',
    }));
    const refused = await bringIn('', { devices: rows });
    expect([refused.status, refused.body.code]).toEqual([expect.any(Number), 'interval_unachievable']);
    expect(refused.status).toBeLessThan(500);
    expect(refused.body.detail).toMatch(
      /every 2 s .*take fping .*70 % of the interval.*Set ping_interval_seconds to \d+/,
    );
    const changed = await lab.ask<Refusal>('PATCH', `/api/v1/profiles/${id}`, { packets: 3 });
    expect([changed.status < 500, changed.body.code]).toEqual([true, 'interval_unachievable']);
    expect(await total()).toBe(ROWS - bad.size);
  });

  it('has no device that lies above itself, however it is asked for', async () => {
    const [one, other] = (await lab.list('?q=host-2')).filter(({ name }) => ['host-2', 'host-20'].includes(name));
    expect((await lab.ask('PATCH', `/api/v1/devices/${one!.id}`, { parent_id: other!.id })).status).toBe(200);
    const { status, body } = await lab.ask<Refusal>('PATCH', `/api/v1/devices/${other!.id}`, { parent_id: one!.id });
    expect([status < 500, body.code]).toEqual([true, 'parent_cycle']);
    const created = await lab.ask<Refusal>('POST', '/api/v1/devices', { name: 'x', ip: '10.0.0.999' });
    expect([created.status, created.body.errors]).toEqual([400, [expect.objectContaining({ path: 'ip' })]]);
  });
});

describe('secrets of credentials', () => {
  const COMMUNITY = 'c0mmunity-6f1b0e7f9a41';
  const AUTH_KEY = 'auth-key-8a3e4f0a8c37';
  const PRIV_KEY = 'priv-key-2d7bd1e09c55';
  const CHANGED = 'changed-3c1b4d538a57';
  const KEY = 'secrets-key-5d0c2a368a3e4f0a8c376b1f0e7f9a41';
  const answers: string[] = [];
  const ask = async (method: string, path: string, body?: unknown): Promise<{ id: string }> => {
    const answer = await lab.ask<{ data: { id: string } }>(method, path, body);
    answers.push(JSON.stringify(answer.body));
    return answer.body.data;
  };
  /** As it is, as hexadecimal digits and in base64, at any place of a longer text. */
  const formsOf = (secret: string): string[] => [
    secret,
    Buffer.from(secret).toString('hex'),
    ...[0, 1, 2].map((shift) =>
      Buffer.from(`${'x'.repeat(shift)}${secret}`)
        .toString('base64')
        .slice(4, -4),
    ),
  ];
  const found = (text: string): string[] =>
    [COMMUNITY, AUTH_KEY, PRIV_KEY, CHANGED, KEY].filter((secret) =>
      formsOf(secret).some((form) => text.includes(form)),
    );

  beforeAll(() => start({ LOG_LEVEL: 'trace', SWARMWARD_SNMP_INTERVAL_SECONDS: '5', SWARMWARD_SECRETS_KEY: KEY }));
  afterAll(() => product?.stop());

  it('are in no answer, log line or table, however they were used and refused', async () => {
    const v2c = await ask('POST', '/api/v1/credentials', { name: 'v2c', kind: 'snmp_v2c', community: COMMUNITY });
    const keys = { auth: { protocol: 'sha256', key: AUTH_KEY }, priv: { protocol: 'aes', key: PRIV_KEY } };
    const v3 = await ask('POST', '/api/v1/credentials', { name: 'v3', kind: 'snmp_v3', user: 'watcher', ...keys });
    // Refusals, which quote what was sent in many a product.
    await ask('POST', '/api/v1/credentials', { name: 'v2c', kind: 'snmp_v2c', community: COMMUNITY });
    await ask('POST', '/api/v1/credentials', { name: 'x', kind: 'snmp_v3', community: COMMUNITY, ...keys });
    await ask('POST', '/api/v1/credentials', { name: 'x', kind: COMMUNITY, community: [COMMUNITY] });
    await ask('PATCH', `/api/v1/credentials/${v2c.id}`, { community: CHANGED });
    await ask('GET', '/api/v1/credentials');
    await ask('GET', `/api/v1/credentials/${v2c.id}`);
    const port = await freePort();
    for (const [name, credential, ip] of [
      ['first', v2c.id, '127.0.0.1'],
      ['second', v3.id, '127.0.0.2'],
    ]) {
      const device = await ask('POST', '/api/v1/devices', {
        name,
        ip,
        snmp_port: port,
        snmp_credential_id: credential,
      });
      await ask('POST', `/api/v1/devices/${device.id}/items`, { name: 'uptime', oid: '1.3.6.1.2.1.1.3.0' });
      const job = await ask('POST', `/api/v1/devices/${device.id}/check-now`);
      await eventually(async () =>
        expect(await ask('GET', `/api/v1/jobs/${(job as unknown as { job_id: string }).job_id}`)).toMatchObject({
          finished_at: expect.any(String),
        }),
      );
    }
    await eventually(
      async () => expect(await query(database, 'SELECT FROM snmp_item_state WHERE error IS NOT NULL')).toHaveLength(2),
      { timeoutMs: 60_000 },
    );
    await ask('GET', '/api/v1/audit?limit=100');
    await ask('GET', '/api/v1/devices/standalone/list');
    answers.push(await (await product.fetch('/api/v1/devices/export')).text());

    const tables = await query<{ name: string }>(
      database,
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
    );
    // One after the other: each takes a connection.
    const dump: string[] = [];
    for (const { name } of tables) {
      const rows = await query<{ row: string }>(database, `SELECT t::text AS row FROM ${name} t`);
      dump.push(...rows.map(({ row }) => row));
    }
    expect(dump.join('\n').includes('watcher')).toBe(true);
    expect(product.lines.some(({ level }) => level === 'debug')).toBe(true);
    expect({
      answers: found(answers.join('\n')),
      log: found(product.output),
      database: found(dump.join('\n')),
    }).toEqual({
      answers: [],
      log: [],
      database: [],
    });
  });
});
