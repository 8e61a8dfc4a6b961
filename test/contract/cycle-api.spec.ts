import { Logger, Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ConfigModule } from '../../src/platform/config/config.module.js';
import { readSettings } from '../../src/platform/config/read-settings.js';
import { AccessControl } from '../../src/platform/http/access-control.port.js';
import { IcmpIndicator } from '../../src/health/components/icmp.indicator.js';
import { CycleApiModule } from '../../src/probes/cycle/cycle.api.module.js';
import { CycleModule } from '../../src/probes/cycle/cycle.module.js';
import { ProbeDriverError } from '../../src/probes/drivers/probe-driver.port.js';
import { SnmpModule } from '../../src/probes/snmp/snmp.module.js';
import { CycleLab } from '../support/cycle-lab.js';
import { eventually } from '../support/eventually.js';
import { Everybody } from '../support/everybody.js';
import { type HttpLab, startHttpLab } from '../support/http-lab.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';

describe('cycles over HTTP and in health', () => {
  let postgres: TestPostgres;
  let database: DataSource;
  let lab: CycleLab;
  let http: HttpLab;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    postgres = await startTestPostgres();
  });
  beforeEach(async () => {
    database = await postgres.openDataSource();
    lab = new CycleLab(database);
    @Module({ providers: [{ provide: DataSource, useValue: database }], exports: [DataSource] })
    class DatabaseOfTheTest {}
    @Module({
      imports: [
        ConfigModule.forRoot(readSettings({})),
        { module: DatabaseOfTheTest, global: true },
        CycleModule,
        CycleApiModule,
        SnmpModule,
      ],
      providers: [IcmpIndicator, { provide: AccessControl, useClass: Everybody }],
    })
    class Root {}
    http = await startHttpLab(Root);
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await http?.close();
    await database?.destroy();
  });
  afterAll(() => postgres?.stop(), 60_000);

  const get = async (path: string) => {
    jest.restoreAllMocks();
    const { status, body } = await http.ask(`/api/v1${path}`);
    return { status, body: body as { data: unknown; page?: { next_cursor: string | null; total: number } } };
  };
  const icmpHealth = async () => {
    jest.restoreAllMocks();
    return (await http.app.get(IcmpIndicator).assess()).text;
  };

  it('are empty without devices', async () => {
    expect(await get('/probes')).toMatchObject({
      status: 200,
      body: { data: { vantage: { blind: false, reason: null }, drivers: [], schedules: [] } },
    });
    expect(await get('/probes/cycles')).toMatchObject({ body: { data: [], page: { total: 0 } } });
    expect(await icmpHealth()).toBe('not configured');
  });

  it('show how the last turn of every schedule went', async () => {
    await lab.add({ name: 'a' }, { name: 'b' }, { name: 'web', kind: 'http' });
    lab.drivers.icmp.dead.add('b');
    await lab.run(-3);
    await lab.run(-1);
    const { body } = await get('/probes');
    expect(body.data).toMatchObject({
      drivers: [{ driver: 'icmp', ok: true, code: null, message: null, checked_at: expect.any(String) }],
      schedules: [
        {
          kind: 'ping',
          interval_seconds: 30,
          shard: 0,
          devices: 2,
          last_due_at: lab.dueAt(-1).toISOString(),
          lag_ms: expect.any(Number),
          answered: 1,
          failed: 1,
          unknown: 0,
          planned_share: expect.any(Number),
          missed_last_hour: 1,
        },
        { kind: 'checks', devices: 1, last_due_at: null, answered: null, planned_share: null, missed_last_hour: 0 },
      ],
    });
    expect(await icmpHealth()).toBe('degraded: 1 ping cycle missed in the last 5 minutes');
  });

  it('list done and missed turns, page by page', async () => {
    await lab.add({ name: 'a' });
    await lab.run(-5);
    await lab.run(-1);
    const dues = (data: unknown) =>
      (data as { due_at: string; missed: string | null }[]).map(({ due_at, missed }) => [due_at, missed]);
    const all = [-1, -2, -3, -4, -5].map((turn) => [
      lab.dueAt(turn).toISOString(),
      [-1, -5].includes(turn) ? null : 'not_run',
    ]);
    expect(dues((await get('/probes/cycles')).body.data)).toEqual(all);
    const first = await get('/probes/cycles?limit=2');
    const second = await get(`/probes/cycles?limit=3&cursor=${first.body.page?.next_cursor}`);
    expect(dues([...(first.body.data as []), ...(second.body.data as [])])).toEqual(all);
    expect((await get('/probes/cycles?missed=true&kind=ping&shard=0')).body.page?.total).toBe(3);
    expect((await get('/probes/cycles?missed=false')).body.page?.total).toBe(2);
    expect((await get('/probes/cycles?kind=checks')).body.page?.total).toBe(0);
    for (const wrong of ['kind=http', 'shard=-1', 'shard=x', 'missed=perhaps', 'due=1']) {
      expect((await get(`/probes/cycles?${wrong}`)).status).toBe(400);
    }
  });

  it('say how to mend a broken driver', async () => {
    await lab.add({ name: 'a' });
    lab.drivers.icmp.broken = new ProbeDriverError(
      'fping_not_permitted',
      'fping may not send pings. Run: setcap cap_net_raw+ep',
    );
    await lab.run(0);
    expect((await get('/probes')).body.data).toMatchObject({ drivers: [{ ok: false, code: 'fping_not_permitted' }] });
    expect(await icmpHealth()).toBe('degraded: fping may not send pings. Run: setcap cap_net_raw+ep');
  });

  it('say that the vantage point is blind', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `d${index}`);
    await lab.add(...names.map((name) => ({ name })));
    for (const turn of [-4, -3]) await lab.run(turn);
    names.forEach((name) => lab.drivers.icmp.dead.add(name));
    await lab.run(-2);
    expect((await get('/probes')).body.data).toMatchObject({ vantage: { blind: true, reason: 'devices' } });
    expect(await icmpHealth()).toMatch(/^degraded: the vantage point is blind since .*Z: nearly every device/);
  });

  it('know drivers from the start of a worker, and broken ones until they are mended', async () => {
    lab.drivers.icmp.broken = new ProbeDriverError('fping_missing', 'fping was not found');
    lab.watch.onApplicationBootstrap();
    const drivers = async () =>
      ((await get('/probes')).body.data as { drivers: { driver: string; ok: boolean }[] }).drivers;
    await eventually(async () => {
      expect((await drivers()).map(({ driver, ok }) => [driver, ok])).toEqual([
        ['http', true],
        ['icmp', false],
        ['tcp', true],
      ]);
    });
    await lab.watch.beforeApplicationShutdown();
    expect(await drivers()).toEqual([]);
  });
});
