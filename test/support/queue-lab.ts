import 'reflect-metadata';
import { type INestApplicationContext, Logger, Module, type Provider } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { runMigrations } from '../../src/platform/database/run-migrations.driver.js';
import { ConfigModule } from '../../src/platform/config/config.module.js';
import { readSettings } from '../../src/platform/config/read-settings.js';
import { EventBus } from '../../src/platform/events/event-bus.store.js';
import {
  type JobDefinition,
  JobCatalogue,
  jobCatalogue,
  type JobName,
} from '../../src/platform/queue/job-catalogue.js';
import { JobHandler, type JobContext } from '../../src/platform/queue/job-handler.decorator.js';
import { migrateQueue } from '../../src/platform/queue/postgres-queue.client.js';
import { QueueConnection, type QueueTarget } from '../../src/platform/queue/queue-connection.port.js';
import { QueueModule } from '../../src/platform/queue/queue.module.js';
import { QueueWorkerModule } from '../../src/platform/queue/queue.worker.module.js';
import { WorkerHost, WorkerTimes } from '../../src/platform/queue/worker-host.service.js';
import { eventually } from './eventually.js';
import type { KillablePostgres } from './queue-postgres.js';

type Run = (payload: unknown, context: JobContext) => Promise<unknown>;

/** Handlers of every job of the catalogue that a test can script. Each keeps a record of its runs. */
export class ScriptedHandlers {
  readonly runs: { job: JobName; payload: unknown; context: JobContext }[] = [];
  private readonly scripts = new Map<JobName, Run>();

  on(job: JobName, run: Run): void {
    this.scripts.set(job, run);
  }

  runsOf(job: JobName): number {
    return this.runs.filter((run) => run.job === job).length;
  }

  @JobHandler('swarm.refresh')
  refresh(payload: unknown, context: JobContext): Promise<unknown> {
    return this.play('swarm.refresh', payload, context);
  }

  @JobHandler('cache.warm')
  warm(payload: unknown, context: JobContext): Promise<unknown> {
    return this.play('cache.warm', payload, context);
  }

  @JobHandler('cache.cleanup')
  cleanup(payload: unknown, context: JobContext): Promise<unknown> {
    return this.play('cache.cleanup', payload, context);
  }

  @JobHandler('audit.prune')
  pruneAudit(payload: unknown, context: JobContext): Promise<unknown> {
    return this.play('audit.prune', payload, context);
  }

  async play(job: JobName, payload: unknown, context: JobContext): Promise<unknown> {
    this.runs.push({ job, payload, context });
    return this.scripts.get(job)?.(payload, context);
  }
}

/** Those that no test names: without a handler no worker would boot. */
const FURTHER_JOBS = [
  'ping.cycle',
  'checks.cycle',
  'snmp.poll',
  'device.check',
  'discovery.scan',
  'rollups.run',
  'partitions.ensure',
  'pings.cleanup',
  'tables.analyze',
  'alerts.prune',
] as const satisfies JobName[];
for (const job of FURTHER_JOBS) {
  const value = function (this: ScriptedHandlers, payload: unknown, context: JobContext): Promise<unknown> {
    return this.play(job, payload, context);
  };
  JobHandler(job)(ScriptedHandlers.prototype, job, { value });
  Object.defineProperty(ScriptedHandlers.prototype, job, { value });
}

/** The real catalogue with times short enough for tests. */
export function shortCatalogue(changes: Partial<Record<JobName, Partial<JobDefinition>>> = {}): JobCatalogue {
  const short = Object.entries(jobCatalogue).map(([name, definition]) => [
    name,
    { ...definition, ...('backoffMs' in definition && { backoffMs: 20 }), ...changes[name as JobName] },
  ]);
  return Object.fromEntries(short) as JobCatalogue;
}

export interface BootOptions {
  database: DataSource;
  target: QueueTarget;
  /** Left out: a process that takes no jobs. */
  handlers?: ScriptedHandlers;
  /** Whether it takes jobs; by default when it has handlers. */
  worker?: boolean;
  queues?: string;
  concurrency?: number;
  catalogue?: JobCatalogue;
  times?: Partial<WorkerTimes>;
  providers?: Provider[];
}

/** Boots a process as the roles do it, with the queue's modules only, and waits until its workers take jobs. */
export async function bootQueue(options: BootOptions): Promise<INestApplicationContext> {
  const { database, target, handlers, queues, concurrency = 5, providers = [] } = options;
  const worker = options.worker ?? handlers !== undefined;
  const settings = readSettings({
    SWARMWARD_WORKER_CONCURRENCY: String(concurrency),
    ...(queues && { SWARMWARD_WORKER_QUEUES: queues }),
  });
  @Module({ providers: [{ provide: DataSource, useValue: database }, EventBus], exports: [DataSource, EventBus] })
  class DatabaseOfTheTest {}
  const building = Test.createTestingModule({
    imports: [
      ConfigModule.forRoot(settings),
      { module: DatabaseOfTheTest, global: true },
      QueueModule.forRoot({ provide: QueueConnection, useValue: { target } }),
      ...(worker ? [QueueWorkerModule] : []),
    ],
    providers: [...(handlers ? [{ provide: ScriptedHandlers, useValue: handlers }] : []), ...providers],
  })
    .overrideProvider(JobCatalogue)
    .useValue(options.catalogue ?? shortCatalogue());
  if (worker) building.overrideProvider(WorkerTimes).useValue({ ...new WorkerTimes(), ...options.times });
  const app = await building.compile();
  Logger.overrideLogger(false);
  await app.init();
  if (worker) await eventually(() => expect(app.get(WorkerHost).isTaking).toBe(true));
  return app;
}

/** Creates BullMQ's schema and the product's tables, and connects. */
export async function prepareDatabase(postgres: KillablePostgres): Promise<DataSource> {
  await postgres.session((client) => migrateQueue(client));
  const silent = { log: () => undefined, warn: () => undefined, error: () => undefined };
  await runMigrations(postgres.config, { log: silent });
  const { user, ...address } = postgres.config;
  return new DataSource({
    type: 'postgres',
    ...address,
    username: user,
    installExtensions: false,
    poolErrorHandler: () => undefined,
    extra: { max: 5, connectionTimeoutMillis: 3_000 },
  }).initialize();
}
