import { type DynamicModule, Module } from '@nestjs/common';
import { Settings } from './settings.schema.js';

/** Makes the validated {@link Settings} injectable everywhere. */
@Module({})
export class ConfigModule {
  static forRoot(settings: Settings): DynamicModule {
    return {
      module: ConfigModule,
      global: true,
      providers: [{ provide: Settings, useValue: settings }],
      exports: [Settings],
    };
  }
}
