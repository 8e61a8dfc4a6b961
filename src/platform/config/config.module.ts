import { type DynamicModule, Module } from '@nestjs/common';
import { ProductVersion } from './product-version.js';
import { Settings } from './settings.schema.js';

/** Makes the validated {@link Settings} and the {@link ProductVersion} injectable everywhere. */
@Module({})
export class ConfigModule {
  static forRoot(settings: Settings, version = '0.0.0'): DynamicModule {
    return {
      module: ConfigModule,
      global: true,
      providers: [
        { provide: Settings, useValue: settings },
        { provide: ProductVersion, useValue: new ProductVersion(version) },
      ],
      exports: [Settings, ProductVersion],
    };
  }
}
