import { Controller, Get, Module, type DynamicModule, Post } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { ConfigModule } from '../../src/platform/config/config.module.js';
import { readSettings } from '../../src/platform/config/read-settings.js';
import type { DatabaseConnection } from '../../src/platform/database/connection.js';
import { DatabaseModule } from '../../src/platform/database/database.module.js';
import { ApiEndpoint } from '../../src/platform/http/endpoint.decorator.js';
import { envelope } from '../../src/platform/http/envelope.js';
import { createToken } from '../../src/platform/security/first-admin-token.store.js';
import { SecurityApiModule } from '../../src/platform/security/security.api.module.js';
import { SecurityModule } from '../../src/platform/security/security.module.js';
import { type Answer, type HttpLab, startHttpLab } from './http-lab.js';
import { startTestPostgres, type TestPostgres } from './postgres.js';

export const HOUR_MS = 3_600_000;

const common = { tag: 'Probe', summary: 'Probe', response: z.strictObject({}) } as const;

@Controller('api/v1/probe')
class ProbeController {
  @Get()
  @ApiEndpoint({ ...common, role: 'viewer', query: z.strictObject({ n: z.coerce.number().optional() }) })
  read() {
    return envelope({});
  }

  @Post()
  @ApiEndpoint({ ...common, role: 'operator' })
  act() {
    return envelope({});
  }

  @Post('configure')
  @ApiEndpoint({ ...common, role: 'admin' })
  configure() {
    return envelope({});
  }

  @Get('open')
  @ApiEndpoint({ ...common, role: 'public' })
  open() {
    return envelope({});
  }
}

@Module({ imports: [SecurityModule], controllers: [ProbeController] })
class ProbeModule {}

@Module({})
class TestModule {
  static over(connection: DatabaseConnection, env: Record<string, string>): DynamicModule {
    const imports = [
      ConfigModule.forRoot(readSettings({ SWARMWARD_DATABASE_POOL_TIMEOUT_MS: '20000', ...env })),
      DatabaseModule.forRoot(connection),
      SecurityApiModule,
      ProbeModule,
    ];
    return { module: TestModule, imports };
  }
}

/** The tokens and one route of every role, over real HTTP on a real database. Nothing is replaced but, by `later()`, the clocks. */
export interface SecurityLab extends HttpLab {
  database: DataSource;
  connection: DatabaseConnection;
  as(token: string | undefined, path: string, ask?: Parameters<HttpLab['ask']>[1]): Promise<Answer>;
  make(role: 'viewer' | 'operator' | 'admin', name?: string): Promise<string>;
}

export type StartSecurityLab = (env?: Record<string, string>, connection?: DatabaseConnection) => Promise<SecurityLab>;

/** Hooks of a `describe`: one PostgreSQL for all of its tests. What a test starts is closed after it, and its mocks end. */
export function securityLabs(): StartSecurityLab {
  let postgres: TestPostgres;
  const labs = new Set<SecurityLab>();
  beforeAll(async () => {
    postgres = await startTestPostgres();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await Promise.all([...labs].map((lab) => lab.close()));
  });
  afterAll(() => postgres.stop());

  return async (env = {}, connection) => {
    const target = connection ?? (await postgres.createDatabase());
    const http = await startHttpLab(TestModule.over(target, env), { trustProxy: true });
    const database = http.app.get<DataSource>(getDataSourceToken(), { strict: false });
    const lab: SecurityLab = {
      ...http,
      database,
      connection: target,
      as: (token, path, ask = {}) =>
        http.ask(path, { ...ask, headers: { ...(token && { authorization: `Bearer ${token}` }), ...ask.headers } }),
      close: async () => {
        labs.delete(lab);
        await http.close();
      },
      make: (role, name = role) => createToken(database, { name, role }),
    };
    labs.add(lab);
    return lab;
  };
}

/** Lets time pass on both clocks, and sets the system's back meanwhile. */
export function later(milliseconds: number, setBackMs = 0): void {
  jest.restoreAllMocks();
  const [date, monotonic] = [Date.now.bind(Date), performance.now.bind(performance)];
  jest.spyOn(Date, 'now').mockImplementation(() => date() + milliseconds - setBackMs);
  jest.spyOn(performance, 'now').mockImplementation(() => monotonic() + milliseconds);
}

export function dataOf<T = Record<string, unknown>>(answer: Answer): T {
  return (answer.body as { data: T }).data;
}
