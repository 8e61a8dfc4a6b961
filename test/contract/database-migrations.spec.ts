import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { rm, writeFile } from 'node:fs/promises';
import { Column, Entity, type MigrationInterface, PrimaryColumn, type QueryRunner } from 'typeorm';
import { migrations } from '../../migrations/all-migrations.js';
import { migrationDataSource } from '../../src/platform/database/migration-data-source.driver.js';
import { runMigrations } from '../../src/platform/database/run-migrations.driver.js';
import { killScripts, startScript } from '../support/child.js';
import { compileSources } from '../support/compile.js';
import { query, RecordedLog, startTestPostgres, temporaryFolder, type TestPostgres } from '../support/postgres.js';
import { schemaDrift } from '../support/schema-drift.js';

const ROOT = join(__dirname, '..', '..');

describe('migrations', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startTestPostgres();
  });
  afterEach(() => killScripts());
  afterAll(() => postgres.stop());

  it('run once, say so in one line, and cost nearly nothing when there is nothing to do', async () => {
    const connection = await postgres.createEmptyDatabase();
    const log = new RecordedLog();
    const names = migrations.map((each) => each.name);
    expect(await runMigrations(connection, { log })).toEqual(names);
    expect(log.lines).toEqual([expect.stringMatching(/^Migrated the database: \d+ new, in \d+ ms\.$/)]);
    expect(await runMigrations(connection, { log })).toEqual([]);
    expect(log.lines).toHaveLength(1);
  });

  it('are made by exactly one of four processes that start at once; the others wait for it', async () => {
    const folder = await temporaryFolder();
    await compileSources(
      ['src/platform/database', 'src/platform/database/embedded', 'src/platform/config', 'migrations'],
      folder,
    );
    const script = join(folder, 'migrate.mjs');
    await writeFile(
      script,
      `import { runMigrations } from './src/platform/database/run-migrations.driver.js';
       const note = () => undefined;
       console.log(JSON.stringify('loaded'));
       const ran = await runMigrations(JSON.parse(process.argv[2]), { log: { log: note, warn: note, error: note },
         extraSteps: [(client) => client.query('CREATE TABLE IF NOT EXISTS extra (one int)'), (client) => client.query('INSERT INTO extra VALUES (1)')] });
       console.log(JSON.stringify(ran));`,
    );
    const connection = await postgres.createEmptyDatabase();
    const children = Array.from({ length: 4 }, () => startScript(script, [JSON.stringify(connection)]));
    await Promise.all(children.map((child) => child.next()));
    const ran = await Promise.all(children.map((child) => child.next<string[]>()));
    expect(ran.map((names) => names.length).sort()).toEqual([0, 0, 0, migrations.length]);
    expect(await Promise.all(children.map((child) => child.exited))).toEqual([0, 0, 0, 0]);
    expect(await query(connection, 'SELECT count(*)::int AS count FROM extra')).toEqual([{ count: 4 }]);
    await rm(folder, { recursive: true });
  });

  it('keep what worked when a later one fails, and roll that one back', async () => {
    const connection = await postgres.createEmptyDatabase();
    const options = { log: new RecordedLog(), migrations: [Good1795219200001, Bad1795219200002] };
    await expect(runMigrations(connection, options)).rejects.toMatchObject({ code: '42P01' });
    expect(await query(connection, 'SELECT name FROM migrations')).toEqual([{ name: 'Good1795219200001' }]);
    expect(await query(connection, "SELECT to_regclass('half') AS half")).toEqual([{ half: null }]);
  });

  it('do not wait for a lock for ever', async () => {
    const connection = await postgres.createDatabase();
    let blocked: Promise<unknown> = Promise.resolve();
    await runMigrations(connection, {
      log: new RecordedLog(),
      extraSteps: [
        async () => {
          blocked = runMigrations(connection, { log: new RecordedLog(), lockTimeoutMs: 100 }).catch(
            (error: unknown) => error,
          );
          expect(await blocked).toMatchObject({
            message: expect.stringContaining('Another process has been migrating'),
          });
        },
      ],
    });
  });

  it('tell when a newer version was here', async () => {
    const connection = await postgres.createDatabase();
    await query(connection, `INSERT INTO migrations (timestamp, name) VALUES (9999999999999, 'Future9999999999999')`);
    const log = new RecordedLog();
    await runMigrations(connection, { log });
    expect(log.lines).toEqual([expect.stringContaining('newer version of Swarmward before (Future9999999999999)')]);
  });

  it('can be taken back and made again', async () => {
    const connection = await postgres.createDatabase();
    const dataSource = await migrationDataSource(connection, { migrations }).initialize();
    for (const _ of migrations) await dataSource.undoLastMigration({ transaction: 'each' });
    const tables = await dataSource.query(
      "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
    );
    expect(tables).toEqual([{ relname: 'migrations' }]);
    await dataSource.runMigrations({ transaction: 'each' });
    await dataSource.destroy();
  });

  it('are listed, every one', () => {
    const files = readdirSync(join(ROOT, 'migrations'))
      .filter((name) => /^\d+-/.test(name))
      .sort();
    expect(migrations.map((each) => each.name)).toEqual(files.map((name) => name.replace(/^(\d+)-(\w+)\.ts$/, '$2$1')));
  });

  it('fit the entities of the whole product', async () => {
    const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.entity.ts'),
    );
    const modules = await Promise.all(
      files.map((name) => import(join(ROOT, 'src', name)) as Promise<Record<string, unknown>>),
    );
    const entities = modules.flatMap((module) => Object.values(module)).filter((value) => typeof value === 'function');
    const dataSource = await postgres.openDataSource({ entities: entities as (new () => object)[] });
    expect(await schemaDrift(dataSource)).toEqual([]);
  });

  it('are told apart from entities that do not fit', async () => {
    const dataSource = await postgres.openDataSource({ entities: [DriftedWorker] });
    expect(await schemaDrift(dataSource)).toContainEqual(expect.stringContaining('"invented"'));
  });
});

@Entity('workers')
class DriftedWorker {
  @PrimaryColumn('text')
  id: string;
  @Column('integer')
  invented: number;
}

class Good1795219200001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE good (one int)');
  }
  async down(): Promise<void> {}
}

class Bad1795219200002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE half (one int)');
    await runner.query('INSERT INTO missing VALUES (1)');
  }
  async down(): Promise<void> {}
}
