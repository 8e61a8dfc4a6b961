import { type DynamicModule, Logger, Module, type OnModuleDestroy } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Settings } from '../config/settings.schema.js';
import { AdvisoryLock } from './advisory-lock.store.js';
import type { DatabaseConnection } from './connection.js';
import { dataSourceOptions } from './data-source-options.driver.js';
import { QueryLog } from './query-log.driver.js';

/**
 * The application's `DataSource`. Features hand in their entities by `TypeOrmModule.forFeature([…])`.
 * The database is expected to be there and migrated: see `waitForDatabase` and `runMigrations`.
 */
@Module({})
export class DatabaseModule implements OnModuleDestroy {
  constructor(private readonly dataSource: DataSource) {}

  onModuleDestroy(): void {
    const { logger } = this.dataSource.options;
    if (logger instanceof QueryLog) logger.stop();
  }

  static forRoot(connection: DatabaseConnection): DynamicModule {
    const dataSource = TypeOrmModule.forRootAsync({
      inject: [Settings],
      useFactory: (settings: Settings) => ({
        ...dataSourceOptions(connection, settings, new Logger('Database')),
        autoLoadEntities: true,
        // It was there a moment ago; this only bridges a restart of it.
        retryAttempts: 10,
        retryDelay: 500,
      }),
    });
    return {
      module: DatabaseModule,
      global: true,
      imports: [dataSource],
      providers: [AdvisoryLock],
      exports: [AdvisoryLock],
    };
  }
}
