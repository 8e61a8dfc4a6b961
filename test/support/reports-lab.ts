import { type DynamicModule, Global, Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { readSettings } from '../../src/platform/config/read-settings.js';
import { Settings } from '../../src/platform/config/settings.schema.js';
import { StreamTopics } from '../../src/platform/events/stream-topics.service.js';
import { AccessControl } from '../../src/platform/http/access-control.port.js';
import { ReportsApiModule } from '../../src/probes/reports/reports.api.module.js';
import { Everybody } from './everybody.js';
import { type HttpLab, startHttpLab } from './http-lab.js';

@Global()
@Module({})
class Ground {
  static on(database: DataSource): DynamicModule {
    const providers = [
      { provide: DataSource, useValue: database },
      { provide: Settings, useValue: readSettings({}) },
      { provide: AccessControl, useClass: Everybody },
      StreamTopics,
    ];
    return { module: Ground, providers, exports: providers };
  }
}

@Module({})
class Root {}

/** The reports over HTTP on a real database. Replaced: access control, which lets everybody in here. */
export function startReportsLab(database: DataSource, options: { debug?: boolean } = {}): Promise<HttpLab> {
  return startHttpLab({ module: Root, imports: [Ground.on(database), ReportsApiModule] }, options);
}
