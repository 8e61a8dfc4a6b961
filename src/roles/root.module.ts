import { type DynamicModule, type ForwardReference, Module, type Provider, type Type } from '@nestjs/common';
import { CacheModule } from '../platform/cache/cache.module.js';
import { ConfigModule } from '../platform/config/config.module.js';
import type { Settings } from '../platform/config/settings.schema.js';
import type { DatabaseConnection } from '../platform/database/connection.js';
import { DatabaseModule } from '../platform/database/database.module.js';
import { toPgConfig } from '../platform/database/pg-config.driver.js';
import { EventsModule } from '../platform/events/events.module.js';
import { Readiness } from '../platform/http/readiness.js';
import { QueueConnection, type QueueTarget } from '../platform/queue/queue-connection.port.js';
import { QueueModule } from '../platform/queue/queue.module.js';
import { DataFolder } from '../monitoring/data-folder.js';

export type ImportedModule = Type | DynamicModule | Promise<DynamicModule> | ForwardReference;

/** What is known only at run time: the ground under the faces. */
export interface Ground {
  settings: Settings;
  version: string;
  connection: DatabaseConnection;
  readiness: Readiness;
  /** The folder whose disk health watches. */
  dataFolder: string;
}

/** The platform, and on it the faces of one role. */
@Module({})
export class RootModule {
  static compose(ground: Ground, faces: ImportedModule[]): DynamicModule {
    const { settings, connection } = ground;
    return {
      module: RootModule,
      imports: [
        ConfigModule.forRoot(settings, ground.version),
        GroundModule.forRoot(ground),
        DatabaseModule.forRoot(connection),
        EventsModule.forRoot(connection),
        CacheModule.forRoot(settings),
        QueueModule.forRoot({ provide: QueueConnection, useValue: { target: queueTarget(ground) } }),
        ...faces,
      ],
    };
  }
}

/** Values that any face may inject. */
@Module({})
class GroundModule {
  static forRoot({ readiness, dataFolder }: Ground): DynamicModule {
    const providers: Provider[] = [
      { provide: Readiness, useValue: readiness },
      { provide: DataFolder, useValue: new DataFolder(dataFolder) },
    ];
    return { module: GroundModule, global: true, providers, exports: providers };
  }
}

function queueTarget({ settings, connection }: Ground): QueueTarget {
  if (settings.queueBackend === 'redis' && settings.redisUrl) return { kind: 'redis', url: settings.redisUrl };
  const { host, port, user, database, ssl } = toPgConfig(connection);
  return {
    kind: 'postgres',
    config: {
      ...(host && { host }),
      ...(port && { port }),
      ...(user && { user }),
      ...(database && { database }),
      ...(connection.password && { password: connection.password }),
      ...(ssl && { ssl }),
    },
  };
}
