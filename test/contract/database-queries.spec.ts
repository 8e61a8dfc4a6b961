import { Logger, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Column, DataSource, Entity, PrimaryColumn, Repository } from 'typeorm';
import { ConfigModule } from '../../src/platform/config/config.module.js';
import { readSettings } from '../../src/platform/config/read-settings.js';
import { AdvisoryLock } from '../../src/platform/database/advisory-lock.store.js';
import { DatabaseModule } from '../../src/platform/database/database.module.js';
import { countStatements } from '../support/count-statements.js';
import { eventually } from '../support/eventually.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';

@Entity('cycle_misses')
class Miss {
  @PrimaryColumn('text')
  kind: string;
  @Column('text')
  reason: string;
}

@Module({ imports: [TypeOrmModule.forFeature([Miss])] })
class FeatureModule {}

describe('DatabaseModule', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startTestPostgres();
  });
  afterEach(() => jest.restoreAllMocks());
  afterAll(() => postgres.stop());

  const boot = async (env: Record<string, string> = {}) => {
    const settings = readSettings(env);
    const connection = await postgres.createDatabase();
    const module = await Test.createTestingModule({
      imports: [ConfigModule.forRoot(settings), DatabaseModule.forRoot(connection), FeatureModule],
    }).compile();
    await module.init();
    return { module, dataSource: module.get(DataSource) };
  };

  it('collects the entities of the features, and sets every limit on its connections', async () => {
    const { module, dataSource } = await boot({ SWARMWARD_DATABASE_STATEMENT_TIMEOUT_MS: '4000' });
    expect(dataSource.hasMetadata(Miss)).toBe(true);
    expect(module.get(AdvisoryLock, { strict: false })).toBeInstanceOf(AdvisoryLock);
    expect(
      await dataSource.query(`SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock,
        current_setting('idle_in_transaction_session_timeout') AS idle, current_setting('application_name') AS name`),
    ).toEqual([{ statement: '4s', lock: '4s', idle: '1min', name: 'swarmward all' }]);
    await module.close();
  });

  it('logs slow and cancelled statements without their values', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation();
    const { module, dataSource } = await boot({
      SWARMWARD_SLOW_QUERY_MS: '20',
      SWARMWARD_DATABASE_STATEMENT_TIMEOUT_MS: '1500',
    });
    await dataSource.query("SELECT pg_sleep(0.05),\n   'planted-secret', $1::text", ['planted-parameter']);
    expect(warn).toHaveBeenCalledWith({
      message: expect.stringMatching(/^Slow query \(\d+ ms\): SELECT pg_sleep\(\?\), \?, \$1::text$/),
      duration_ms: expect.any(Number),
    });
    await expect(dataSource.query('SELECT pg_sleep(30)')).rejects.toMatchObject({ code: '57014' });
    expect(warn).toHaveBeenCalledWith({ message: 'Query cancelled by its time limit: SELECT pg_sleep(?)' });
    expect(JSON.stringify(warn.mock.calls)).not.toContain('planted');
    await module.close();
  });

  it('does not let a query wait for a connection for ever', async () => {
    const { module, dataSource } = await boot({
      SWARMWARD_DATABASE_POOL_SIZE: '5',
      SWARMWARD_DATABASE_POOL_TIMEOUT_MS: '1500',
    });
    const runners = Array.from({ length: 5 }, () => dataSource.createQueryRunner());
    for (const runner of runners) await runner.connect();
    await expect(dataSource.query('SELECT 1')).rejects.toThrow(/timeout exceeded when trying to connect/);
    for (const runner of runners) await runner.release();
    expect(await dataSource.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await module.close();
  });

  it('counts statements, for tests that bound them', async () => {
    const { module, dataSource } = await boot();
    const misses: Repository<Miss> = dataSource.getRepository(Miss);
    expect(await countStatements(dataSource, () => misses.find())).toBe(1);
    expect(
      await countStatements(dataSource, () => dataSource.transaction((manager) => manager.query('SELECT 1'))),
    ).toBe(1);
    await module.close();
  });

  it('is back by itself, with one calm line, after PostgreSQL was killed', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation();
    const { module, dataSource } = await boot();
    warn.mockClear();
    await Promise.all(Array.from({ length: 5 }, () => dataSource.query('SELECT pg_sleep(0.01)')));
    process.kill(postgres.server.pid()!, 'SIGKILL');
    await eventually(async () => expect(await dataSource.query('SELECT 1 AS one')).toEqual([{ one: 1 }]));
    // Not one of each of the five connections, whatever each of them heard last.
    const told = warn.mock.calls.filter(([line]) => !JSON.stringify(line).includes('Slow query'));
    expect(told.length).toBeLessThan(5);
    await module.close();
  });
});
