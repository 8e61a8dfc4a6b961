import { type DynamicModule, Module } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { CalendarApiModule } from '../../src/devices/calendar/calendar.api.module.js';
import { ItemsModule } from '../../src/devices/items/items.module.js';
import { TransferApiModule } from '../../src/devices/transfer/transfer.api.module.js';
import { CacheModule } from '../../src/platform/cache/cache.module.js';
import { ConfigModule } from '../../src/platform/config/config.module.js';
import { readSettings } from '../../src/platform/config/read-settings.js';
import type { DatabaseConnection } from '../../src/platform/database/connection.js';
import { DatabaseModule } from '../../src/platform/database/database.module.js';
import { EventsModule } from '../../src/platform/events/events.module.js';
import { createToken } from '../../src/platform/security/first-admin-token.store.js';
import { SecurityApiModule } from '../../src/platform/security/security.api.module.js';
import { countStatements } from '../support/count-statements.js';
import { type Answer, type HttpLab, startHttpLab } from '../support/http-lab.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';

// Real: PostgreSQL, Nest, Fastify, sockets.
@Module({})
class TestModule {
  static over(connection: DatabaseConnection): DynamicModule {
    const settings = readSettings({});
    const imports = [
      ConfigModule.forRoot(settings),
      CacheModule.forRoot(settings),
      DatabaseModule.forRoot(connection),
      EventsModule.forRoot(connection),
      SecurityApiModule,
      ItemsModule,
      TransferApiModule,
      CalendarApiModule,
    ];
    return { module: TestModule, imports };
  }
}

type Data = Record<string, unknown> & {
  rows: { row: number; line: number; errors: { path: string; message: string; code: string }[] }[];
};

describe('import and export of devices', () => {
  let postgres: TestPostgres;
  let lab: HttpLab;
  let database: DataSource;
  const tokens: Record<string, string> = {};
  beforeAll(async () => {
    postgres = await startTestPostgres();
    lab = await startHttpLab(TestModule.over(await postgres.createDatabase()));
    database = lab.app.get<DataSource>(getDataSourceToken(), { strict: false });
    for (const role of ['admin', 'viewer', 'operator'] as const)
      tokens[role] = await createToken(database, { name: role, role });
  });
  afterAll(async () => {
    await lab?.close();
    await postgres.stop();
  });
  beforeEach(() => database.query('DELETE FROM devices'));

  const send = (body: unknown, query = '', more: Record<string, string> = {}): Promise<Answer> =>
    lab.ask(`/api/v1/devices/import${query}`, {
      method: 'POST',
      body,
      headers: {
        authorization: `Bearer ${tokens['admin']}`,
        'content-type': typeof body === 'string' ? 'text/csv' : 'application/json',
        ...more,
      },
    });
  const dataOf = (answer: Answer): Data => {
    expect(answer).toMatchObject({ status: 200 });
    return (answer.body as { data: Data }).data;
  };
  const count = async (): Promise<number> =>
    (await database.query<[{ n: number }]>('SELECT count(*)::int AS n FROM devices'))[0].n;
  const get = (path: string): Promise<Answer> =>
    lab.ask(path, { headers: { authorization: `Bearer ${tokens['viewer']}` } });

  it('imports good rows and tells of each bad one why, with its line', async () => {
    const csv = [
      '\uFEFFname;ip;tags;parent;custom_fields.floor;enabled',
      'edge;10.0.0.2;a|b;core;3;no',
      'core;10.0.0.1;"x;y";;"a',
      'b";yes',
      'bad;999.1.1.1;;;;',
      'again;10.0.0.1;;;;',
      'short;10.0.0.9',
      'loop1;10.0.0.3;;loop2;;',
      'loop2;10.0.0.4;;loop1;;',
      'below;10.0.0.5;;bad;;',
      'lost;10.0.0.6;;nobody;;',
      'nul\0;10.0.0.7;;;;',
      'flag;10.0.0.8;;;;perhaps',
    ].join('\r\n');
    const data = dataOf(await send(csv));
    expect(data).toMatchObject({ total: 11, created: 2, failed: 9, committed: true });
    expect(
      data.rows.map(({ line, errors }) => `${line} ${errors[0]!.path} ${errors[0]!.code} ${errors[0]!.message}`),
    ).toEqual([
      expect.stringMatching(/^5 ip invalid Must/),
      '6 ip duplicate_address The address 10.0.0.1 is in line 3 already, of "core".',
      '7  malformed_row Has 2 cells, and the header names 6 columns.',
      expect.stringMatching(/^8 parent parent_cycle .*loop1 → loop2 → loop1/),
      expect.stringMatching(/^9 parent parent_cycle/),
      '10 parent parent_refused Its parent "bad" in line 5 was refused.',
      '11 parent reference_not_found There is no device "nobody".',
      expect.stringMatching(/^12 name invalid .*NUL/),
      expect.stringMatching(/^13 enabled invalid/),
    ]);
    const rows = await database.query(
      'SELECT d.name, d.tags, d.enabled, d.custom_fields, u.name AS parent FROM devices d LEFT JOIN devices u ON u.id = d.parent_id ORDER BY d.name',
    );
    expect(rows).toEqual([
      { name: 'core', tags: ['x', 'y'], enabled: true, custom_fields: { floor: 'a\r\nb' }, parent: null },
      { name: 'edge', tags: ['a', 'b'], enabled: false, custom_fields: { floor: 3 }, parent: 'core' },
    ]);
  });

  it('refuses addresses of devices by name, or updates or skips them', async () => {
    dataOf(await send({ devices: [{ name: 'core-sw-1', ip: '10.0.0.5', vendor: 'Cisco', tags: ['old'] }] }));
    const again = { devices: [{ name: 'new', ip: '10.0.0.5', model: 'X' }] };
    expect(dataOf(await send(again)).rows[0]!.errors).toEqual([
      { path: 'ip', code: 'duplicate_address', message: 'The address 10.0.0.5 is used by device "core-sw-1".' },
    ]);
    expect(dataOf(await send(again, '?on_duplicate=skip'))).toMatchObject({ skipped: 1, created: 0 });
    expect(dataOf(await send(again, '?on_duplicate=update'))).toMatchObject({ updated: 1, created: 0 });
    expect(await database.query('SELECT name, vendor, model, tags FROM devices')).toEqual([
      { name: 'new', vendor: 'Cisco', model: 'X', tags: ['old'] },
    ]);
  });

  it('rolls back what is atomic, rehearses a dry run, and makes sites when asked', async () => {
    const devices = [
      { name: 'a', ip: '10.0.0.1', site: 'Rome' },
      { name: 'b', ip: 'no address' },
    ];
    const refused = await send({ devices }, '?atomic=true&create_sites=true');
    expect(refused).toMatchObject({
      status: 422,
      body: { code: 'import_rolled_back', errors: [{ path: 'rows.2.ip' }] },
    });
    expect([await count(), await database.query('SELECT name FROM sites')]).toEqual([0, []]);
    expect(dataOf(await send({ devices }, '?dry_run=true&create_sites=true&rows=all'))).toMatchObject({
      created: 1, failed: 1, sites_created: 1, committed: false, rows: [{ status: 'created', id: null }, { status: 'failed' }],
    }); // prettier-ignore
    expect([await count(), await database.query('SELECT name FROM sites')]).toEqual([0, []]);
    expect(dataOf(await send({ devices }))).toMatchObject({ created: 0, failed: 2 });
    expect(dataOf(await send({ devices }, '?create_sites=true'))).toMatchObject({ created: 1, sites_created: 1 });
    expect(await database.query(`SELECT actor FROM audit_log WHERE action = 'devices.imported'`)).not.toEqual([]);
  });

  it('judges what an update makes of a device', async () => {
    const devices = [
      { name: 'tcp', ip: '10.0.0.1', check_kind: 'tcp', port: 22 },
      { name: 'http', ip: '10.0.0.2', check_kind: 'http', url: 'http://10.0.0.2/' },
    ];
    dataOf(await send({ devices }));
    const without = [
      { name: 'tcp', ip: '10.0.0.1', port: null },
      { name: 'http', ip: '10.0.0.2', url: null },
    ];
    const data = dataOf(await send({ devices: without }, '?on_duplicate=update'));
    expect(data).toMatchObject({ updated: 0, failed: 2 });
    expect(data.rows.map(({ errors }) => errors)).toEqual([
      [{ path: 'port', code: 'invalid', message: 'Is required for a TCP check.' }],
      [{ path: 'url', code: 'invalid', message: 'Is required for an HTTP check.' }],
    ]);
    expect(await database.query('SELECT port, url FROM devices ORDER BY ip')).toEqual([
      { port: 22, url: null },
      { port: null, url: 'http://10.0.0.2/' },
    ]);
  });

  it('lets only one row change a device', async () => {
    dataOf(await send({ devices: [{ name: 'a', ip: '10.0.0.1' }] }));
    const devices = ['x', 'y'].map((vendor) => ({ name: 'a', ip: '10.0.0.1', vendor, allow_duplicate: true }));
    const data = dataOf(await send({ devices }, '?on_duplicate=update'));
    expect(data).toMatchObject({ updated: 1, failed: 1, rows: [{ row: 2, id: null }] });
    expect(data.rows[0]!.errors[0]!.message).toBe('The device "a" is changed by row 1 already, "a".');
    expect(await database.query('SELECT vendor FROM devices')).toEqual([{ vendor: 'x' }]);
  });

  it('makes nothing of what refused rows name, and leaves their addresses to others', async () => {
    const devices = [
      { name: 'lost', ip: '10.0.0.1', site: 'Oslo', profile: 'no such' },
      { name: 'below', ip: '10.0.0.2', site: 'Bergen', parent: 'lost' },
      { name: 'good', ip: '10.0.0.1', site: 'Bodø' },
      { name: 'fine', ip: '10.0.0.2', site: 'Bodø' },
    ];
    const data = dataOf(await send({ devices }, '?create_sites=true'));
    expect(data).toMatchObject({ created: 2, failed: 2, sites_created: 1, rows: [{ row: 1 }, { row: 2 }] });
    const rows = await database.query('SELECT d.name, s.name AS site FROM devices d JOIN sites s ON s.id = d.site_id ORDER BY d.ip'); // prettier-ignore
    expect(rows).toEqual([
      { name: 'good', site: 'Bodø' },
      { name: 'fine', site: 'Bodø' },
    ]);
    expect(await database.query(`SELECT name FROM sites WHERE name IN ('Oslo', 'Bergen')`)).toEqual([]);
    const [{ after }] = await database.query<[{ after: object }]>(
      `SELECT after FROM audit_log WHERE action = 'devices.imported' ORDER BY at DESC, id DESC LIMIT 1`,
    );
    expect(after).toMatchObject({
      created: 2,
      devices_created: [
        { id: expect.any(String), name: 'good', ip: '10.0.0.1' },
        { id: expect.any(String), name: 'fine', ip: '10.0.0.2' },
      ],
      devices_updated: [],
      devices_left_out: 0,
      sites: ['Bodø'],
      sites_left_out: 0,
    });
  });

  it('lets others have their turn while it reads', async () => {
    const devices = Array.from({ length: 20_000 }, (_, n) => ({ name: `d${n}`, ip: `10.${n >> 8}.${n & 255}.300` }));
    // Time of the processor: what others take of it meanwhile is not our doing.
    const used = (): number => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1_000;
    };
    const began = used();
    let [last, longest, over] = [began, 0, false];
    const turn = (): void => {
      const now = used();
      longest = Math.max(longest, now - last);
      last = now;
      if (!over) setImmediate(turn);
    };
    const body = JSON.stringify({ devices });
    const answer = send(body, '', { 'content-type': 'application/json' });
    setImmediate(turn);
    expect(dataOf(await answer)).toMatchObject({ failed: 20_000, rows_truncated: true });
    over = true;
    const whole = used() - began;
    process.stderr.write(`import of 20,000: ${Math.round(whole)} ms, longest turn ${Math.round(longest)} ms\n`);
    expect(longest).toBeLessThan(whole / 4);
  });

  it('refuses the whole when fping could not keep up', async () => {
    await database.query(`INSERT INTO profiles (name, ping_interval_seconds, packets) VALUES ('hasty', 1, 20)`);
    const answer = await send({ devices: [{ name: 'a', ip: '10.0.0.1', profile: 'hasty' }] });
    expect(answer).toMatchObject({ status: 409, body: { code: 'interval_unachievable' } });
    expect(await count()).toBe(0);
  });

  it.each<[string, unknown, Record<string, string>, number, string]>([
    ['unknown columns', 'name,address\na,10.0.0.1', {}, 400, 'validation_failed'],
    ['an empty file', '', {}, 400, 'malformed_csv'],
    ['an open quote', 'name,ip\n"a,10.0.0.1', {}, 400, 'malformed_csv'],
    ['JSON of another shape', { device: [] }, {}, 400, 'validation_failed'],
    ['compression', 'name,ip', { 'content-encoding': 'gzip' }, 415, 'unsupported_media_type'],
    ['another type', 'name,ip', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
    ['a declared length over 32 MiB', 'name,ip', { 'content-length': '33554433' }, 413, 'body_too_large'],
    [
      'JSON with a declared length over 32 MiB',
      { devices: [] },
      { 'content-length': '33554433' },
      413,
      'body_too_large',
    ],
  ])('refuses %s', async (_name, body, headers, status, code) => {
    const detail = expect.stringContaining(status === 413 ? '32 MiB' : '');
    expect(await send(body, '', headers)).toMatchObject({ status, body: { code, detail } });
  });

  it('refuses what is not UTF-8, what grows over 32 MiB in chunks, and CSV elsewhere', async () => {
    const head = (path: string, more: string) =>
      `POST ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${tokens['admin']}\r\nContent-Type: text/csv\r\nConnection: close\r\n${more}\r\n\r\n`;
    expect(await lab.speak(`${head('/api/v1/devices/import', 'Content-Length: 18')}name,ip\n\xfc,10.0.0.`)).toContain(
      'malformed_csv',
    );
    expect(await lab.speak(`${head('/api/v1/tokens', 'Content-Length: 7')}name,ip`)).toContain(
      'unsupported_media_type',
    );
    const line = `a${'x'.repeat(1000)},10.0.0.1\n`;
    const chunk = line.repeat(1_000);
    const chunks = `${chunk.length.toString(16)}\r\n${chunk}\r\n`.repeat(35);
    const answer = await lab
      .speak(`${head('/api/v1/devices/import', 'Transfer-Encoding: chunked')}8\r\nname,ip\n\r\n${chunks}0\r\n\r\n`)
      .catch(String);
    expect(answer).toContain('body_too_large');
    expect(await count()).toBe(0);
  }, 150_000);

  it('is for administrators', async () => {
    expect(await send({ devices: [] }, '', { authorization: `Bearer ${tokens['operator']}` })).toMatchObject({
      status: 403,
    });
  });

  it('exports what imports again unchanged, and no formulas', async () => {
    await database.query(`INSERT INTO sites (name) VALUES ('=Site, "1"') ON CONFLICT DO NOTHING`);
    const devices = [
      { name: '=1+1', ip: '10.0.0.1', description: "'-x\nü;,\"", tags: ['a', 'b'], site: '=Site, "1"', parent: 'p',
        custom_fields: { n: -5, s: '5', t: 'true', e: '', z: null, b: false, formula: '@x', 'odd,key': 'v' } },
      { name: 'p', ip: '2001:db8::1', check_kind: 'tcp', port: 22, enabled: false, refused_is_up: true },
      { name: 'same', ip: '10.0.0.7', allow_duplicate: true },
      { name: 'same2', ip: '10.0.0.7', allow_duplicate: true, check_kind: 'http', url: 'https://a.example/x', expected_body: ' ok ' },
    ]; // prettier-ignore
    expect(dataOf(await send({ devices }))).toMatchObject({ created: 4, failed: 0 });
    const file = await get('/api/v1/devices/export');
    expect(file.headers).toMatchObject({ 'content-disposition': 'attachment; filename="devices.csv"' });
    expect(file.headers['etag']).toBeUndefined();
    expect(file.raw.toString()).toContain("'=1+1");
    const json = await get('/api/v1/devices/export?format=json');
    const rows = () =>
      database.query(
        'SELECT name, ip, description, tags, site_id, custom_fields, check_kind, port, url, expected_body, enabled, duplicate_allowed FROM devices ORDER BY name',
      );
    const before = await rows();
    for (const again of [file.raw.toString(), json.body]) {
      expect(dataOf(await send(again, '?on_duplicate=update&rows=all'))).toMatchObject({ updated: 4, failed: 0 });
      expect(await rows()).toEqual(before);
      await database.query('DELETE FROM devices');
      expect(dataOf(await send(again))).toMatchObject({ created: 4, failed: 0 });
      expect(await rows()).toEqual(before);
    }
    expect((await get('/api/v1/devices/export?enabled=false')).raw.toString().trim().split('\r\n')).toHaveLength(2);
    expect(await get('/api/v1/devices/export?limit=5')).toMatchObject({ status: 400 });
  });

  it.each([
    ['a lone line feed', 'a\nb'],
    ['a lone carriage return', 'a\rb'],
  ])('exports %s within quotes, in the header too', async (_name, text) => {
    await database.query(
      `INSERT INTO devices (name, ip, profile_id, description, custom_fields)
       SELECT $1, '10.0.0.1', id, $1, jsonb_build_object($1::text, 1) FROM profiles WHERE is_default`,
      [text],
    );
    const csv = (await get('/api/v1/devices/export')).raw.toString();
    expect(csv).toContain(`,"custom_fields.${text}"\r\n"${text}",10.0.0.1,`);
    const data = dataOf(await send(csv, '?on_duplicate=update'));
    expect(data.rows[0]!.errors).toMatchObject([
      { path: 'custom_fields', message: expect.stringContaining('control') },
    ]);
    await database.query(`UPDATE devices SET custom_fields = '{}'`);
    const again = (await get('/api/v1/devices/export')).raw.toString();
    expect(dataOf(await send(again, '?on_duplicate=update'))).toMatchObject({ updated: 1, failed: 0 });
    expect(await database.query('SELECT name, description FROM devices')).toEqual([{ name: text, description: text }]);
  });

  it('finds the delimiter outside quotes', async () => {
    const csv = '"name",ip,"custom_fields.a;b;;\r\nc;d ",vendor\nx,10.0.0.1,,y';
    expect(dataOf(await send(csv))).toMatchObject({ created: 1, failed: 0 });
    expect(await database.query('SELECT name, vendor FROM devices')).toEqual([{ name: 'x', vendor: 'y' }]);
  });

  it('exports plain devices as JSON that fits into an import, 100,000 of them', async () => {
    dataOf(
      await send({ devices: [{ name: 'switch-100000.example', ip: '192.168.200.200', vendor: 'Cisco', site: null }] }),
    );
    const { raw } = await get('/api/v1/devices/export?format=json');
    expect(raw.toString()).not.toContain('null');
    expect(raw.length * 100_000).toBeLessThan(32 * 1024 * 1024);
  });

  it('takes 10,000 rows with bad ones in a few seconds and few statements', async () => {
    const lines = Array.from({ length: 10_000 }, (_, n) =>
      n % 100 === 0
        ? `bad-${n},10.0.300.1,`
        : `device-${n},10.1.${n >> 8}.${n & 255},${n % 50 === 1 ? '' : `device-${n - (n % 50) + 1}`}`,
    );
    const body = `name,ip,parent\n${lines.join('\n')}`;
    const before = performance.now();
    let data: Data | undefined;
    const statements = await countStatements(database, async () => {
      data = dataOf(await send(body));
    });
    expect(performance.now() - before).toBeLessThan(30_000);
    process.stderr.write(`import of 10,000: ${Math.round(performance.now() - before)} ms, ${statements} statements\n`);
    expect(data).toMatchObject({ total: 10_000, failed: 100 });
    expect(statements).toBeLessThan(60);
  });
});
