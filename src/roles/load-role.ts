import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import type { DynamicModule, INestApplicationContext } from '@nestjs/common';
import type { Client } from 'pg';
import type { Logger as PinoLogger } from 'pino';
import { DataSource } from 'typeorm';
import { installDefaultRules } from '../alerts/rules/install-default-rules.store.js';
import { sealedCredentials } from '../devices/items/sealed-credentials.js';
import { channelHint } from '../notifications/channels/channel-hint.store.js';
import { sealedChannels } from '../notifications/channels/sealed-channels.js';
import type { Settings } from '../platform/config/settings.schema.js';
import type { DatabaseConnection } from '../platform/database/connection.js';
import { runMigrations } from '../platform/database/run-migrations.driver.js';
import type { HttpServer } from '../platform/http/http-server.driver.js';
import type { NestLogger } from '../platform/observability/nest-logger.js';
import { RequestCounters } from '../platform/http/request-counters.hook.js';
import { ProcessFiguresModule } from '../monitoring/signals/process-figures.module.js';
import { KEY_FILE } from '../platform/security/secret-key-file.driver.js';
import { SecretKeysModule } from '../platform/security/secret-keys.module.js';
import { unlockSecrets } from '../platform/security/secret-keys.store.js';
import { ensurePartitions } from '../probes/history/create-partitions.store.js';
import { statementsOf } from '../probes/history/upkeep-session.store.js';
import { facesOf } from './faces-of.js';
import { type Ground, RootModule } from './root.module.js';

/** The headings of the API documentation, in the order in which a newcomer needs them. */
const API_TAGS = [
  'Swarm',
  'Devices',
  'Device states',
  'Alerts',
  'Alert rules',
  'Silences',
  'Channels',
  'Notification routes',
  'Deliveries',
  'Sites',
  'Groups',
  'Profiles',
  'Maintenance windows',
  'Probes',
  'Discovery',
  'Templates',
  'Monitoring items',
  'SNMP values',
  'Credentials',
  'Jobs',
  'Stream',
  'Health',
  'Tokens',
  'Audit',
];

/** What a running application shows of itself. */
export interface Running {
  app: INestApplicationContext;
  /** The first admin token in plain text, when one was made just now. */
  firstToken: string | null;
  /** What whoever starts it should do next. */
  hint: string | null;
  /** Takes no more jobs, and lets the running ones finish or hands them back. */
  stopJobs(): Promise<void>;
}

/**
 * Loads all that is heavy for the role of this process.
 * @returns the steps from a database that is there to a running application
 */
export async function loadRole(settings: Settings, version: string, pino: PinoLogger, log: NestLogger) {
  const servesApi = settings.role === 'api' || settings.role === 'all';
  const takesJobs = settings.role === 'worker' || settings.role === 'all';
  const [faces, http, tokens, queue, worker] = await Promise.all([
    facesOf(settings),
    servesApi ? import('../platform/http/create-http-app.js') : null,
    servesApi ? import('../platform/security/first-admin-token.store.js') : null,
    settings.queueBackend === 'postgres' ? import('../platform/queue/postgres-queue.client.js') : null,
    takesJobs ? import('../platform/queue/worker-host.service.js') : null,
  ]);

  const migrate = (connection: DatabaseConnection) =>
    runMigrations(connection, {
      log,
      extraSteps: [
        ...(queue ? [(client: Client) => queue.migrateQueue(client)] : []),
        async (client) => void (await ensurePartitions(statementsOf(client), new Date())),
        async (client) => {
          const installed = await installDefaultRules(client);
          if (installed.length > 0) log.log(`Installed the default alert rules: ${installed.length} new.`);
        },
      ],
    });

  const unlock = ({ connection, dataFolder }: Ground) =>
    unlockSecrets(connection, {
      settings,
      keyFile: settings.databaseUrl ? null : join(dataFolder, KEY_FILE),
      tables: [sealedCredentials, sealedChannels],
      log,
    });

  const requestCounters = new RequestCounters();
  const createApp = (root: DynamicModule, server: HttpServer): Promise<INestApplicationContext> =>
    http
      ? http.createHttpApp(root, {
          settings,
          server,
          requestLogger: pino,
          requestCounters,
          logger: log,
          version,
          tagOrder: API_TAGS,
        })
      : NestFactory.createApplicationContext(root, { logger: log, abortOnError: false });

  return {
    async run(ground: Ground, server: HttpServer): Promise<Running> {
      await migrate(ground.connection);
      const secretKeys = SecretKeysModule.forRoot(await unlock(ground));
      const figures = ProcessFiguresModule.forRoot(requestCounters);
      const app = await createApp(RootModule.compose(ground, [secretKeys, figures, ...faces]), server);
      const token = await tokens?.ensureFirstAdminToken(app.get(DataSource), settings);
      const hint = servesApi ? await channelHint(app.get(DataSource)) : null;
      const stopJobs = async (): Promise<void> => {
        if (worker) await app.get(worker.WorkerHost, { strict: false }).stop();
      };
      return { app, firstToken: token ?? null, hint, stopJobs };
    },
  };
}
