import { Controller, Get, Module } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { ProcessFiguresStore } from '../../src/monitoring/signals/process-figures.store.js';
import type { ProcessReport } from '../../src/monitoring/signals/process-report.js';
import { ProcessReporter } from '../../src/monitoring/signals/process-reporter.service.js';
import { readSettings } from '../../src/platform/config/read-settings.js';
import { AccessControl } from '../../src/platform/http/access-control.port.js';
import { ApiEndpoint } from '../../src/platform/http/endpoint.decorator.js';
import { RequestCounters } from '../../src/platform/http/request-counters.hook.js';
import { ProcessFigures } from '../../src/platform/observability/process-figures.service.js';
import { startCache } from '../support/cache-app.js';
import { eventually } from '../support/eventually.js';
import { Everybody } from '../support/everybody.js';
import { startHttpLab } from '../support/http-lab.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';

const answer = { tag: 'Health', summary: 'x', response: z.strictObject({}) } as const;

@Controller()
class Things {
  @Get('api/v1/good')
  @ApiEndpoint({ ...answer, role: 'viewer' })
  good() {
    return {};
  }
  @Get('api/v1/bad')
  @ApiEndpoint({ ...answer, role: 'viewer' })
  bad(): never {
    throw new Error('a mistake of ours');
  }
  @Get('api/v1/health')
  @ApiEndpoint({ ...answer, role: 'public' })
  health(): never {
    throw new Error('not well');
  }
}
@Module({ controllers: [Things], providers: [{ provide: AccessControl, useClass: Everybody }] })
class ThingsModule {}

const quiet: ProcessReport = {
  cpu_percent: 0,
  memory_percent: 0,
  requests: 0,
  failures: 0,
  slow_queries: 0,
  cache_hits: 0,
  cache_misses: 0,
  db_pool_waiting: 0,
};
const named = (id: string) => ({ id, role: 'worker', host: 'here', pid: 1 });

// Real: PostgreSQL, HTTP, the cache.
describe('process figures', () => {
  let postgres: TestPostgres;
  let database: DataSource;
  let store: ProcessFiguresStore;
  beforeAll(async () => {
    postgres = await startTestPostgres();
  });
  beforeEach(async () => {
    database = await postgres.openDataSource({ settings: { slowQueryMs: 1_000 } });
    store = new ProcessFiguresStore(database);
  });
  afterAll(() => postgres.stop());
  const ids = async (): Promise<string[]> =>
    (await database.query<{ id: string }[]>('SELECT id FROM process_figures ORDER BY id')).map(({ id }) => id);

  it('are one row a process, the newest', async () => {
    await store.write(named('a'), { ...quiet, requests: 1 });
    await store.write(named('a'), { ...quiet, requests: 2 });
    await store.write(named('b'), { ...quiet, requests: 3 });
    const requests = (await store.reportsWithin(30)).map((report) => report.requests);
    expect(requests.sort()).toEqual([2, 3]);
  });

  it('count for as long as they are renewed, and are removed when nobody does', async () => {
    await Promise.all(['a', 'b', 'c'].map((id) => store.write(named(id), quiet)));
    await database.query("UPDATE process_figures SET at = now() - interval '31 seconds' WHERE id = 'a'");
    await database.query("UPDATE process_figures SET at = now() - interval '11 minutes' WHERE id = 'b'");
    expect(await store.reportsWithin(30)).toHaveLength(1);
    await store.write(named('c'), quiet);
    expect(await ids()).toEqual(['a', 'c']);
  });

  it('say what this process has counted, and are gone when it ends', async () => {
    const requests = new RequestCounters();
    const { cache, close } = await startCache();
    const http = await startHttpLab(ThingsModule, { requestCounters: requests });
    const figures = new ProcessFigures();
    const reporter = new ProcessReporter(readSettings({}), database, store, figures, cache, requests);
    for (const path of ['/api/v1/good', '/api/v1/good', '/api/v1/bad', '/api/v1/health']) await http.ask(path);
    await cache.set('here', 1, 60_000);
    await cache.get('here');
    await cache.get('there');
    await database.query('SELECT pg_sleep(1.1)');
    reporter.onApplicationBootstrap();
    const [report] = await eventually(async () => {
      const reports = await store.reportsWithin(30);
      expect(reports).toHaveLength(1);
      return reports;
    });
    expect(report).toEqual({
      cpu_percent: expect.any(Number),
      memory_percent: expect.any(Number),
      requests: 3,
      failures: 1,
      slow_queries: 1,
      cache_hits: 1,
      cache_misses: 1,
      db_pool_waiting: 0,
    });
    await reporter.beforeApplicationShutdown();
    expect(await ids()).toEqual([]);
    figures.onModuleDestroy();
    await Promise.all([http.close(), close()]);
  });
});
