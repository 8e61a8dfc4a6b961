import { type DynamicModule, Module } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { CalendarApiModule } from '../../src/devices/calendar/calendar.api.module.js';
import { CalendarStore } from '../../src/devices/calendar/calendar.store.js';
import { MaintenanceCalendar } from '../../src/devices/calendar/maintenance-calendar.service.js';
import { ConfigModule } from '../../src/platform/config/config.module.js';
import { readSettings } from '../../src/platform/config/read-settings.js';
import type { DatabaseConnection } from '../../src/platform/database/connection.js';
import { DatabaseModule } from '../../src/platform/database/database.module.js';
import { EventsModule } from '../../src/platform/events/events.module.js';
import { createToken } from '../../src/platform/security/first-admin-token.store.js';
import { SecurityApiModule } from '../../src/platform/security/security.api.module.js';
import { countStatements } from '../support/count-statements.js';
import { NoticeListener } from '../support/notice-listener.js';
import { type Answer, type HttpLab, startHttpLab } from '../support/http-lab.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';

// Real: PostgreSQL, Nest, Fastify, sockets.
@Module({})
class TestModule {
  static over(connection: DatabaseConnection): DynamicModule {
    const imports = [
      ConfigModule.forRoot(readSettings({})),
      DatabaseModule.forRoot(connection),
      EventsModule.forRoot(connection),
      SecurityApiModule,
      CalendarApiModule,
    ];
    return { module: TestModule, imports };
  }
}

describe('maintenance calendar', () => {
  let postgres: TestPostgres;
  let lab: HttpLab;
  let connection: DatabaseConnection;
  let database: DataSource;
  let calendar: MaintenanceCalendar;
  const tokens: Record<string, string> = {};
  beforeAll(async () => {
    postgres = await startTestPostgres();
    connection = await postgres.createDatabase();
    lab = await startHttpLab(TestModule.over(connection));
    database = lab.app.get<DataSource>(getDataSourceToken(), { strict: false });
    calendar = lab.app.get(MaintenanceCalendar, { strict: false });
    for (const role of ['viewer', 'operator'] as const)
      tokens[role] = await createToken(database, { name: role, role });
    await database.query(
      `INSERT INTO devices (name, ip, profile_id, tags) SELECT 'd' || n, '10.0.0.' || n, (SELECT id FROM profiles), ARRAY['t' || n % 2] FROM generate_series(1, 4) n`,
    );
  });
  afterAll(async () => {
    await lab?.close();
    await postgres.stop();
  });
  beforeEach(async () => {
    await database.query('DELETE FROM maintenance_windows');
    calendar.forget();
  });

  const PATH = '/api/v1/maintenance-windows';
  const ask = (method: string, path: string, body?: unknown, role = 'operator'): Promise<Answer> =>
    lab.ask(`${PATH}${path}`, { method, body, headers: { authorization: `Bearer ${tokens[role]}` } });
  const hour = (offset: number): string => new Date(Date.now() + offset * 3_600_000).toISOString();
  const plan = async (more: object = {}): Promise<Record<string, unknown> & { id: string }> => {
    const answer = await ask('POST', '', {
      name: 'w',
      scope: { all: true },
      starts_at: hour(-1),
      ends_at: hour(1),
      ...more,
    });
    expect(answer).toMatchObject({ status: 201 });
    return (answer.body as { data: Record<string, unknown> & { id: string } }).data;
  };

  it('says how many devices it means now, in one statement whatever their number', async () => {
    const window = await plan({ scope: { tags: ['T1'] } });
    expect(window).toMatchObject({ device_count: 2, scope: { tags: ['t1'] } });
    const list = () => ask('GET', '?sort=name&fields=name,device_count', undefined, 'viewer');
    await list();
    const one = await countStatements(database, list);
    await plan({ name: 'x' });
    await plan({ name: 'y', scope: { tags: ['nobody'] } });
    expect(await countStatements(database, list)).toBe(one);
    expect((await list()).body).toMatchObject({
      data: [
        { name: 'w', device_count: 2 },
        { name: 'x', device_count: 4 },
        { name: 'y', device_count: 0 },
      ],
    });
    expect((await ask('GET', '?fields=name', undefined, 'viewer')).body).toMatchObject({ data: [{}, {}, {}] });
  });

  it.each([
    [{ sites: ['Nowhere'] }, 'scope.sites.0', 'There is no site "Nowhere".'],
    [{ all: true, profiles: ['Standard', 'Nothing'] }, 'scope.profiles.1', 'There is no profile "Nothing".'],
    [
      { groups: ['0b9c1f7e-5f0a-4c53-9d0e-3d1f6c3a2b10'] },
      'scope.groups.0',
      'There is no group "0b9c1f7e-5f0a-4c53-9d0e-3d1f6c3a2b10".',
    ],
  ])('is not planned for %j', async (scope, path, message) => {
    const body = { name: 'w', scope, starts_at: hour(-1), ends_at: hour(1) };
    const refused = { status: 400, body: { code: 'validation_failed', errors: [{ path, message }] } };
    expect(await ask('POST', '', body)).toMatchObject(refused);
    const { id } = await plan();
    expect(await ask('PATCH', `/${id}`, { scope })).toMatchObject(refused);
  });

  it('is planned, read, changed, ended and deleted, with a record of each', async () => {
    const window = await plan();
    expect(window).toMatchObject({
      active: true,
      collect: true,
      counts_as_downtime: false,
      timezone: 'UTC',
      created_by: 'operator',
    });
    expect(await ask('GET', `/${window.id}`, undefined, 'viewer')).toMatchObject({
      status: 200,
      body: { data: window },
    });
    expect(await ask('PATCH', `/${window.id}`, { scope: { tags: ['t1'] } })).toMatchObject({
      body: { data: { scope: { tags: ['t1'] } } },
    });
    expect(await ask('GET', '?active=true')).toMatchObject({ body: { page: { total: 1 } } });
    expect(await ask('POST', `/${window.id}/end`)).toMatchObject({ status: 200, body: { data: { active: false } } });
    expect(await ask('POST', `/${window.id}/end`)).toMatchObject({
      status: 409,
      body: { code: 'maintenance_window_not_active' },
    });
    expect(await ask('GET', '?active=true')).toMatchObject({ body: { page: { total: 0 } } });
    expect(await ask('DELETE', `/${window.id}`)).toMatchObject({ status: 204 });
    expect(await ask('GET', `/${window.id}`)).toMatchObject({
      status: 404,
      body: { code: 'maintenance_window_not_found' },
    });
    const actions = await database.query<{ action: string }[]>(
      `SELECT action FROM audit_log WHERE subject_id = $1 ORDER BY id`,
      [window.id],
    );
    expect(actions.map(({ action }) => action.split('.')[1])).toEqual(['created', 'updated', 'ended', 'deleted']);
    expect(await ask('POST', '', {}, 'viewer')).toMatchObject({ status: 403 });
  });

  it('tells the occurrences of a rule, and does not end one of them for all', async () => {
    const { id } = await plan({
      starts_at: '2026-03-28T01:00:00Z',
      ends_at: '2026-03-28T03:00:00Z',
      timezone: 'Europe/Berlin',
      rrule: 'FREQ=DAILY',
    });
    expect(await ask('GET', `/${id}/occurrences?from=2026-03-28T12:00:00Z&to=2026-03-30T12:00:00Z`)).toMatchObject({
      body: { data: { truncated: false, occurrences: [
        { starts_at: '2026-03-29T01:00:00.000Z', ends_at: '2026-03-29T02:00:00.000Z' },
        { starts_at: '2026-03-30T00:00:00.000Z', ends_at: '2026-03-30T02:00:00.000Z' },
      ] } },
    }); // prettier-ignore
    expect(await ask('GET', `/${id}/occurrences?from=2026-03-28T12:00:00Z&to=2028-03-30T12:00:00Z`)).toMatchObject({
      status: 400,
    });
    expect(await ask('POST', `/${id}/end`)).toMatchObject({ status: 409, body: { code: 'maintenance_window_recurs' } });
  });

  it.each([
    [{ rrule: 'FREQ=MINUTELY' }, 'rrule'],
    [{ rrule: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30' }, 'rrule'],
    [{ timezone: 'Nowhere' }, 'timezone'],
    [{ ends_at: '2020-01-01T00:00:00Z' }, 'ends_at'],
    [{ scope: {} }, 'scope'],
  ])('refuses %o', async (more, path) => {
    const body = { name: 'w', scope: { all: true }, starts_at: hour(-1), ends_at: hour(1), ...more };
    expect(await ask('POST', '', body)).toMatchObject({
      status: 400,
      body: { code: 'validation_failed', errors: [{ path }] },
    });
  });

  it('does not keep what was being read as a window was changed', async () => {
    const window = await plan();
    const { devicesOf } = CalendarStore.prototype;
    const reading = jest.spyOn(CalendarStore.prototype, 'devicesOf').mockImplementationOnce(async function (
      this: CalendarStore,
      scopes,
    ) {
      const found = await devicesOf.call(this, scopes);
      await ask('DELETE', `/${window.id}`);
      return found;
    });
    calendar.forget();
    expect((await calendar.at(new Date())).size).toBe(4);
    expect((await calendar.at(new Date())).size).toBe(0);
    reading.mockRestore();
  });

  it('tells all processes of each change', async () => {
    const told = await NoticeListener.on(connection);
    const { id } = await plan();
    await ask('PATCH', `/${id}`, { name: 'other' });
    await ask('PATCH', `/${id}`, { scope: {} });
    await ask('POST', `/${id}/end`);
    await ask('DELETE', `/${id}`);
    await told.catchUp();
    await told.stop();
    expect(told.heard.map(({ kind }) => kind)).toEqual(Array<string>(4).fill('maintenance_changed'));
  });

  it('knows who is in maintenance, of several windows by the kindest, in two statements', async () => {
    const strict = await plan({ collect: false, counts_as_downtime: true, scope: { tags: ['t1'] } });
    const kind = await plan({ scope: { q: 'd1' }, starts_at: hour(-3), ends_at: hour(0.5) });
    await plan({ scope: { tags: ['t0'] }, enabled: false });
    for (let n = 0; n < 50; n++) await plan({ scope: { tags: [`none-${n}`] } });
    let found = new Map() as Awaited<ReturnType<MaintenanceCalendar['at']>>;
    const now = new Date();
    const statements = await countStatements(database, async () => {
      [found] = await Promise.all([calendar.at(now), calendar.at(now)]);
      await calendar.at(new Date(now.getTime() + 1));
    });
    expect(statements).toBe(2);
    expect(
      [...found.values()]
        .map(({ collect, countsAsDowntime, windowIds }) => [collect, countsAsDowntime, windowIds.length])
        .sort(),
    ).toEqual([
      [false, true, 1],
      [true, false, 2],
    ]);
    const both = [...found.values()].find(({ windowIds }) => windowIds.includes(kind.id))!;
    expect(both.until.toISOString()).toBe(strict['ends_at']);
    expect(both.since.toISOString()).toBe(kind['starts_at']);
    // A change in this process is seen at once, the end of a window too.
    expect((await calendar.at(new Date(Date.parse(String(strict['ends_at']))))).size).toBe(0);
    await ask('DELETE', `/${strict.id}`);
    expect((await calendar.at(now)).size).toBe(1);
  });

  it('takes 500 windows that are not over, and no more', async () => {
    await database.query(
      `INSERT INTO maintenance_windows (name, scope, starts_at, ends_at) SELECT 'w', '{"all":true}', now(), now() + interval '1 hour' FROM generate_series(1, 500)`,
    );
    const body = { name: 'w', scope: { all: true }, starts_at: hour(-1), ends_at: hour(1) };
    expect(await ask('POST', '', body)).toMatchObject({ status: 409, body: { code: 'too_many_maintenance_windows' } });
    expect(await ask('POST', '', { ...body, enabled: false })).toMatchObject({ status: 201 });
    const statements = await countStatements(database, () => calendar.at(new Date()));
    expect(statements).toBe(2);
  });
});
