import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { InventoryApiModule } from '../../src/devices/inventory/inventory.api.module.js';
import { CacheModule } from '../../src/platform/cache/cache.module.js';
import { ConfigModule } from '../../src/platform/config/config.module.js';
import { readSettings } from '../../src/platform/config/read-settings.js';
import type { DatabaseConnection } from '../../src/platform/database/connection.js';
import { DatabaseModule } from '../../src/platform/database/database.module.js';
import { EventsModule } from '../../src/platform/events/events.module.js';
import { createToken } from '../../src/platform/security/first-admin-token.store.js';
import { SecurityApiModule } from '../../src/platform/security/security.api.module.js';
import { type Answer, type HttpLab, startHttpLab } from './http-lab.js';

/** The inventory alone, over real HTTP on a real database, asked by an admin unless said otherwise. */
export interface InventoryLab extends HttpLab {
  database: DataSource;
  call<T = Record<string, unknown>>(method: string, path: string, body?: unknown, token?: string): Promise<Called<T>>;
  viewer: string;
}

export interface Called<T> {
  status: number;
  data: T;
  code: string | undefined;
  detail: string | undefined;
  errors: { path: string; message: string }[] | undefined;
}

interface InventoryLabOptions {
  env?: Record<string, string>;
  /** Beside the inventory's own. */
  faces?: Type[];
}

@Module({})
class InventoryLabModule {
  static over(
    connection: DatabaseConnection,
    redisUrl: string | undefined,
    { env = {}, faces = [] }: InventoryLabOptions,
  ): DynamicModule {
    const settings = readSettings({
      SWARMWARD_RATE_LIMIT_PER_MINUTE: '100000',
      ...(redisUrl && { REDIS_URL: redisUrl }),
      ...env,
    });
    return {
      module: InventoryLabModule,
      imports: [
        ConfigModule.forRoot(settings),
        DatabaseModule.forRoot(connection),
        EventsModule.forRoot(connection),
        CacheModule.forRoot(settings),
        SecurityApiModule,
        InventoryApiModule,
        ...faces,
      ],
    };
  }
}

export async function startInventory(
  connection: DatabaseConnection,
  redisUrl?: string,
  options: InventoryLabOptions = {},
): Promise<InventoryLab> {
  const http = await startHttpLab(InventoryLabModule.over(connection, redisUrl, options));
  const database = http.app.get<DataSource>(getDataSourceToken(), { strict: false });
  const admin = await createToken(database, { name: 'admin', role: 'admin' });
  return {
    ...http,
    database,
    viewer: await createToken(database, { name: 'viewer', role: 'viewer' }),
    call: async <T>(method: string, path: string, body?: unknown, token = admin): Promise<Called<T>> => {
      const answer: Answer = await http.ask(`/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${token}` },
        ...(body !== undefined && { body }),
      });
      const { data, code, detail, errors } = (answer.body || {}) as Partial<Called<T>>;
      return { status: answer.status, data: data as T, code, detail, errors };
    },
  };
}
