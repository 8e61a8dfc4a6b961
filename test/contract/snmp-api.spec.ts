import { Logger, Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ConfigModule } from '../../src/platform/config/config.module.js';
import { readSettings } from '../../src/platform/config/read-settings.js';
import { AccessControl } from '../../src/platform/http/access-control.port.js';
import { CycleApiModule } from '../../src/probes/cycle/cycle.api.module.js';
import { SnmpScheduleStore } from '../../src/probes/snmp/snmp-schedule.store.js';
import { SnmpApiModule } from '../../src/probes/snmp/snmp.api.module.js';
import { Everybody } from '../support/everybody.js';
import { type HttpLab, startHttpLab } from '../support/http-lab.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { insertDevice, makePartitions } from '../support/reports-data.js';

interface Listed {
  data: Record<string, unknown>[];
  page: { total: number; next_cursor: string | null };
}

describe('SNMP over HTTP', () => {
  let postgres: TestPostgres;
  let database: DataSource;
  let http: HttpLab;
  const items: Record<string, { id: string; num: number }> = {};
  const now = Date.now();
  const at = (minutes: number) => new Date(now + minutes * 60_000).toISOString();

  beforeAll(async () => {
    Logger.overrideLogger(false);
    postgres = await startTestPostgres();
    database = await postgres.openDataSource();
    @Module({ providers: [{ provide: DataSource, useValue: database }], exports: [DataSource] })
    class DatabaseOfTheTest {}
    @Module({
      imports: [
        ConfigModule.forRoot(readSettings({})),
        { module: DatabaseOfTheTest, global: true },
        SnmpApiModule,
        CycleApiModule,
      ],
      providers: [{ provide: AccessControl, useClass: Everybody }],
    })
    class Root {}
    http = await startHttpLab(Root);
    const [{ id: site }] = await database.query<[{ id: string }]>(
      `WITH top AS (INSERT INTO sites (name) VALUES ('North') RETURNING id)
       INSERT INTO sites (name, parent_id) SELECT 'Harbour', id FROM top RETURNING id`,
    );
    const add = async (device: number, name: string, fields: Record<string, unknown> = {}) => {
      const row: Record<string, unknown> = { name, oid: '1.3.6.1.2.1.1.5.0', ...fields };
      const [item] = await database.query<[{ id: string; num: number }]>(
        `INSERT INTO monitoring_items (device_id, ${Object.keys(row).join()})
         SELECT id, ${Object.keys(row).map((_, index) => `$${index + 2}`)} FROM devices WHERE num = $1 RETURNING id, num`,
        [device, ...Object.values(row)],
      );
      items[name] = item;
    };
    const core = await insertDevice(database, { name: 'core', site_id: site });
    const edge = await insertDevice(database, { name: 'edge' });
    const off = await insertDevice(database, { name: 'off', enabled: false });
    await add(core, 'uplink', { oid: '1.3.6.1.2.1.31.1.1.1.6.1', units: 'B/s', transform: 'rate' });
    await add(core, 'name', { value_type: 'text' });
    await add(edge, 'fan', { interval_seconds: 300 });
    await add(edge, 'new');
    await add(edge, 'disabled', { enabled: false });
    await add(off, 'of a disabled device');
    await database.query(
      `INSERT INTO snmp_item_state (item_num, at, value, text_value, error, error_detail, error_since)
       VALUES ($1, $4, 12.5, NULL, NULL, NULL, NULL), ($2, $4, NULL, 'core-1', NULL, NULL, NULL),
              ($3, $5, 3, NULL, 'no_response', 'No answer', $4)`,
      [items['uplink']!.num, items['name']!.num, items['fan']!.num, at(-1), at(-10)],
    );
    await makePartitions(database, 'snmp_results', new Date(now - 2 * 86_400_000), 4);
    await database.query(
      `INSERT INTO snmp_results (ts, item_num, value, status)
       VALUES ($2, $1, NULL, 2), ($3, $1, 10, 0), ($4, $1, NULL, 1), ($5, $1, 12.5, 0), ($5, $6, 1, 0)`,
      [items['uplink']!.num, at(-1_500), at(-3), at(-2), at(-1), items['fan']!.num],
    );
    await database.query(
      `INSERT INTO cycles (kind, shard, due_at, recorded_at, interval_seconds, started_at, duration_ms, targets, answered, failed, unknown)
       VALUES ('snmp-60', 0, $1, now(), 60, $1::timestamptz + interval '40 milliseconds', 900, 2, 1, 1, 0)`,
      [at(-1)],
    );
    await database.query(
      `INSERT INTO cycle_misses (kind, shard, due_at, reason) VALUES ('snmp-60', 0, $1, 'overlap')`,
      [at(-2)],
    );
  });
  afterAll(async () => {
    await http?.close();
    await postgres?.stop();
  });

  const get = async (path: string) => {
    const { status, body } = await http.ask(`/api/v1/${path}`);
    return { status, body: body as Listed };
  };
  const names = async (query: string) =>
    (await get(`snmp/values?${query}`)).body.data.map(({ item }) => (item as { name: string }).name);

  it('the latest value of every item that is polled', async () => {
    const { status, body } = await get('snmp/values?sort=name');
    expect(status).toBe(200);
    expect(body.page.total).toBe(4);
    const blank = { value: null, text_value: null, at: null, error: null, error_detail: null, error_since: null };
    const item = { value_type: 'number', units: null, oid: '1.3.6.1.2.1.1.5.0' };
    expect(body.data).toEqual([
      {
        ...blank,
        device: { id: expect.any(String), name: 'edge' },
        item: { ...item, id: items['fan']!.id, name: 'fan' },
        value: 3,
        at: at(-10),
        error: 'no_response',
        error_detail: 'No answer',
        error_since: at(-1),
      },
      {
        ...blank,
        device: { id: expect.any(String), name: 'core' },
        item: { ...item, id: items['name']!.id, name: 'name', value_type: 'text' },
        text_value: 'core-1',
        at: at(-1),
      },
      {
        ...blank,
        device: { id: expect.any(String), name: 'edge' },
        item: { ...item, id: items['new']!.id, name: 'new' },
      },
      {
        ...blank,
        device: { id: expect.any(String), name: 'core' },
        item: { ...item, id: items['uplink']!.id, name: 'uplink', units: 'B/s', oid: '1.3.6.1.2.1.31.1.1.1.6.1' },
        value: 12.5,
        at: at(-1),
      },
    ]);
  });

  it.each([
    ['error=true', ['fan']],
    ['error=false', ['name', 'new', 'uplink']],
    ['device=core', ['name', 'uplink']],
    ['site=North', ['name', 'uplink']],
    ['site=Nowhere', []],
    ['q=EDGE', ['fan', 'new']],
    ['q=31.1.1', ['uplink']],
    ['device=edge&error=true&q=fan', ['fan']],
  ])('filters: %s', async (query, expected) => {
    expect(await names(`${query}&sort=name`)).toEqual(expected);
  });

  it('page by page, also by a time that some do not have', async () => {
    for (const sort of ['device_name', '-name', 'at', '-at']) {
      const all = await names(`sort=${sort}`);
      const first = await get(`snmp/values?sort=${sort}&limit=2`);
      const second = await names(`sort=${sort}&limit=2&cursor=${first.body.page.next_cursor}`);
      expect([...first.body.data.map(({ item }) => (item as { name: string }).name), ...second]).toEqual(all);
      expect(new Set(all).size).toBe(4);
    }
    expect(await names('sort=-at&limit=1')).not.toEqual(['new']);
    expect(await names('sort=at&limit=1')).toEqual(['new']);
  });

  it('the history of an item, newest first', async () => {
    const id = items['uplink']!.id;
    const all = [
      { at: at(-1), value: 12.5, status: 'ok' },
      { at: at(-2), value: null, status: 'failed' },
      { at: at(-3), value: 10, status: 'ok' },
    ];
    expect((await get(`items/${id}/history`)).body).toMatchObject({ data: all, page: { total: 3 } });
    const first = await get(`items/${id}/history?limit=2`);
    const second = await get(`items/${id}/history?limit=2&cursor=${first.body.page.next_cursor}`);
    expect([...first.body.data, ...second.body.data]).toEqual(all);
    const older = await get(`items/${id}/history?from=${at(-2_000)}&to=${at(-3)}`);
    expect(older.body.data).toEqual([{ at: at(-1_500), value: null, status: 'unknown' }]);
  });

  it.each([
    ['snmp/values?error=perhaps', 400],
    ['snmp/values?sort=value', 400],
    ['snmp/values?cursor=x', 400],
    ['items/x/history', 400],
    ['items/8c1b6d5e-0f0f-4a3b-9a53-2f4f5f0a9c01/history', 404],
    [`items/8c1b6d5e-0f0f-4a3b-9a53-2f4f5f0a9c01/history?from=2026-11-21T00:00:00Z&to=2026-11-20T00:00:00Z`, 400],
  ])('%s is %d', async (path, status) => {
    expect((await get(path)).status).toBe(status);
  });

  it('their turns are among the others', async () => {
    const { body } = await http.ask('/api/v1/probes');
    const { schedules } = (body as { data: { schedules: Record<string, unknown>[] } }).data;
    expect(schedules.filter(({ kind }) => kind === 'snmp')).toEqual([
      {
        kind: 'snmp',
        interval_seconds: 60,
        shard: 0,
        devices: 2,
        last_due_at: at(-1),
        last_started_at: expect.any(String),
        last_duration_ms: 900,
        lag_ms: 40,
        answered: 1,
        failed: 1,
        unknown: 0,
        planned_share: null,
        missed_last_hour: 1,
      },
      expect.objectContaining({ interval_seconds: 300, devices: 1, last_due_at: null }),
    ]);
    const { body: cycles } = await get('probes/cycles?kind=snmp');
    expect(cycles.data.map(({ due_at, missed }) => [due_at, missed])).toEqual([
      [at(-1), null],
      [at(-2), 'overlap'],
    ]);
  });

  it('schedules are of items of the same interval in the same shard', async () => {
    expect(await new SnmpScheduleStore(database, readSettings({})).wanted()).toEqual([
      { kind: 'snmp-60', intervalSeconds: 60, shard: 0, items: 3, devices: 2 },
      { kind: 'snmp-300', intervalSeconds: 300, shard: 0, items: 1, devices: 1 },
    ]);
    await database.query(`UPDATE profiles SET snmp_interval_seconds = 10`);
    const wanted = await new SnmpScheduleStore(database, readSettings({})).wanted();
    expect(wanted.map(({ kind, items }) => [kind, items])).toEqual([
      ['snmp-10', 3],
      ['snmp-300', 1],
    ]);
    await database.query(`UPDATE profiles SET snmp_interval_seconds = NULL`);
  });
});
