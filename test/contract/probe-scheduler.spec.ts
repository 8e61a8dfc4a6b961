import { Logger, type INestApplicationContext, Module } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { ConfigModule } from '../../src/platform/config/config.module.js';
import { readSettings } from '../../src/platform/config/read-settings.js';
import { AdvisoryLock } from '../../src/platform/database/advisory-lock.store.js';
import { offsetOf } from '../../src/platform/queue/cycle-slot.js';
import { JobProducer } from '../../src/platform/queue/job-producer.service.js';
import { QueueConnection } from '../../src/platform/queue/queue-connection.port.js';
import { QueueModule } from '../../src/platform/queue/queue.module.js';
import { CycleSchedulerModule } from '../../src/probes/cycle/cycle.scheduler.module.js';
import { ProbeScheduleStore } from '../../src/probes/cycle/probe-schedule.store.js';
import { CycleLab } from '../support/cycle-lab.js';
import { eventually } from '../support/eventually.js';
import { prepareDatabase } from '../support/queue-lab.js';
import { KillablePostgres } from '../support/queue-postgres.js';

describe('the scheduler of probes', () => {
  let postgres: KillablePostgres;
  let database: DataSource;
  let lab: CycleLab;
  let apps: INestApplicationContext[] = [];

  beforeEach(async () => {
    Logger.overrideLogger(false);
    postgres = await KillablePostgres.create();
    database = await prepareDatabase(postgres);
    lab = new CycleLab(database);
    await database.query(`UPDATE profiles SET ping_interval_seconds = 1`);
  }, 60_000);
  afterEach(async () => {
    jest.restoreAllMocks();
    await Promise.all(apps.map((app) => app.close()));
    apps = [];
    await database?.destroy().catch(() => undefined);
    await postgres?.remove();
  });

  /** A process with the scheduler's face. */
  async function boot(): Promise<{ enqueued: string[] }> {
    @Module({
      providers: [{ provide: DataSource, useValue: database }, AdvisoryLock],
      exports: [DataSource, AdvisoryLock],
    })
    class DatabaseOfTheTest {}
    const app = await Test.createTestingModule({
      imports: [
        ConfigModule.forRoot(readSettings({})),
        { module: DatabaseOfTheTest, global: true },
        QueueModule.forRoot({
          provide: QueueConnection,
          useValue: { target: { kind: 'postgres', config: postgres.config } },
        }),
        CycleSchedulerModule,
      ],
    }).compile();
    apps.push(app);
    const enqueued: string[] = [];
    const producer = app.get(JobProducer);
    const enqueue = producer.enqueue.bind(producer);
    jest.spyOn(producer, 'enqueue').mockImplementation(async (name, payload, options) => {
      const added = await enqueue(name, payload, options);
      enqueued.push(`${name} ${JSON.stringify(payload)} ${added.jobId} ${added.coalesced}`);
      return added;
    });
    await app.init();
    return { enqueued };
  }

  it('enqueues every turn of a new device once, whatever the number of schedulers', async () => {
    await lab.add({ name: 'a' }, { name: 'b', kind: 'tcp', num: 10_001 });
    const first = await boot();
    const second = await boot();
    const isTaken = (lines: string[]) => lines.filter((line) => line.endsWith('true'));
    await eventually(() => {
      expect(first.enqueued.length).toBeGreaterThan(5);
      expect(second.enqueued.length).toBeGreaterThan(5);
    });
    const lines = [...first.enqueued, ...second.enqueued];
    expect(lines[0]).toMatch(
      /^(ping|checks)\.cycle \{"intervalSeconds":1,"shard":[01]\} (ping|checks)-1-[01]-\d+ (true|false)$/,
    );
    const won = lines.filter((line) => line.endsWith('false'));
    expect(new Set(won).size).toBe(won.length);
    expect(isTaken(lines).length).toBeGreaterThan(0);
    expect(lines.some((line) => line.startsWith('checks.cycle {"intervalSeconds":1,"shard":1} checks-1-1-'))).toBe(
      true,
    );
  });

  it('takes up devices that come, ends with the last that goes, and goes on while the database is away', async () => {
    const { enqueued } = await boot();
    await lab.add({ name: 'a' });
    await eventually(() => expect(enqueued.length).toBeGreaterThan(0));
    await postgres.kill();
    await postgres.start();
    const before = enqueued.length;
    await eventually(() => expect(enqueued.length).toBeGreaterThan(before));
    // Connections of before may break only now.
    await eventually(() => database.query('DELETE FROM devices'));
    await eventually(() => expect(apps[0]?.get(SchedulerRegistry, { strict: false }).getTimeouts()).toEqual([]));
  }, 90_000);

  it('keeps the schedule of the last device that was switched off until its state says so', async () => {
    await lab.add({ name: 'a' });
    await database.query('UPDATE profiles SET ping_interval_seconds = 30');
    await lab.run(0);
    await database.query('UPDATE devices SET enabled = false');
    const store = new ProbeScheduleStore(database, readSettings({}));
    expect(await store.wanted()).toMatchObject([{ kind: 'ping-30', shard: 0, devices: 0 }]);
    await lab.run(1);
    expect(await lab.stateOf('a')).toMatchObject({ state: 'unknown', cause: 'disabled' });
    expect(await store.wanted()).toEqual([]);
  });

  it('names what the inventory asks for, in one query', async () => {
    await lab.profile('slow', { ping_interval_seconds: null, packets: 5, timeout_ms: 2_000 });
    await lab.profile('snmp', { mode: 'snmp_only' });
    await lab.add(
      { name: 'a' },
      { name: 'b', num: 10_000 },
      { name: 'c', profile: 'slow' },
      { name: 'd', profile: 'snmp' },
      { name: 'e', kind: 'http' },
      { name: 'f', kind: 'tcp' },
      { name: 'g', enabled: false },
    );
    const query = jest.spyOn(database, 'query');
    const wanted = await new ProbeScheduleStore(
      database,
      readSettings({ SWARMWARD_PING_INTERVAL_SECONDS: '45' }),
    ).wanted();
    expect(query).toHaveBeenCalledTimes(1);
    expect(wanted.map(({ kind, shard, devices, packets }) => [kind, shard, devices, packets])).toEqual([
      ['ping-1', 0, 1, 3],
      ['ping-1', 1, 1, 3],
      ['ping-45', 0, 1, 5],
      ['checks-1', 0, 2, 3],
    ]);
    expect(offsetOf(1, 30)).toBe(18);
  });
});
