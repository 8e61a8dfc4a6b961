import type { DataSource } from 'typeorm';
import { AuditPruneProcessor } from '../../src/monitoring/audit-prune.processor.js';
import type { JobContext } from '../../src/platform/queue/job-handler.decorator.js';
import { AuditRetention } from '../../src/platform/security/audit-retention.store.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';

// Real: PostgreSQL, the product's tables.
describe('the retention of the audit log', () => {
  let postgres: TestPostgres;
  let database: DataSource;
  beforeAll(async () => {
    postgres = await startTestPostgres();
  });
  beforeEach(async () => {
    database = await postgres.openDataSource();
  });
  afterAll(() => postgres.stop());

  const add = (count: number, age: string) =>
    database.query(
      `insert into audit_log (at, actor, action, subject_type)
       select now() - $1::interval, $1, 'token.created', 'token' from generate_series(1, $2)`,
      [age, count],
    );
  const ages = async (): Promise<Record<string, number>> => {
    const rows = await database.query<{ actor: string; count: number }[]>(
      'select actor, count(*)::int as count from audit_log group by actor',
    );
    return Object.fromEntries(rows.map(({ actor, count }) => [actor, count]));
  };
  const run = (signal = new AbortController().signal) =>
    new AuditPruneProcessor(new AuditRetention(database)).prune({}, { signal } as JobContext);

  it('is 365 days, however many entries are older', async () => {
    await add(12_000, '366 days');
    await add(3, '364 days');
    await add(2, '1 day');
    expect(await run()).toEqual({ removed: 12_000 });
    expect(await ages()).toEqual({ '364 days': 3, '1 day': 2 });
    expect(await run()).toEqual({ removed: 0 });
  });

  it('removes the oldest first, and no more at once than it may', async () => {
    await add(3, '400 days');
    await add(3, '370 days');
    expect(await new AuditRetention(database).prune(365, 4)).toBe(4);
    expect(await ages()).toEqual({ '370 days': 2 });
  });

  it('stops between batches when the job must end', async () => {
    await add(12_000, '366 days');
    const stop = new AbortController();
    const statement = jest.spyOn(database, 'query');
    statement.mockImplementationOnce(async (...args: Parameters<DataSource['query']>) => {
      const result: unknown = await database.query(...args);
      stop.abort();
      return result;
    });
    await expect(run(stop.signal)).rejects.toThrow('aborted');
    statement.mockRestore();
    expect(await ages()).toEqual({ '366 days': 7_000 });
  });
});
