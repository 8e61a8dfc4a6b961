// npm run migration:run | revert | show | generate <PascalCaseName>: works on the built product, on DATABASE_URL or, without it,
// on the embedded PostgreSQL of the data folder (which must not be in use).
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const built = (path) => import(pathToFileURL(join(root, 'dist', path)).href);
const log = { log: console.log, warn: console.warn, error: console.error };
const [command, name] = process.argv.slice(2);
const LIST = join(root, 'migrations', 'all-migrations.ts');

const commands = {
  async run({ connection }) {
    const { runMigrations } = await built('src/platform/database/run-migrations.driver.js');
    const ran = await runMigrations(connection, { log });
    if (ran.length === 0) console.log('Nothing to migrate.');
  },
  async revert({ dataSource, applied }) {
    const last = (await applied()).at(-1);
    if (!last) return console.log('Nothing to take back.');
    await dataSource.undoLastMigration({ transaction: 'each' });
    console.log(`Took back ${last}.`);
  },
  async show({ applied, migrations }) {
    const done = new Set(await applied());
    for (const each of migrations) console.log(`[${done.has(each.name) ? 'X' : ' '}] ${each.name}`);
  },
  async generate({ dataSource }) {
    if (!/^[A-Z][A-Za-z0-9]*$/.test(name ?? '')) throw new Error('Name it: npm run migration:generate -- AddSomething');
    const { upQueries, downQueries } = await dataSource.driver.createSchemaBuilder().log();
    if (upQueries.length === 0) return console.log('Entities and migrations agree: nothing to generate.');
    const timestamp = Date.now();
    await writeFile(
      join(root, 'migrations', `${timestamp}-${name}.ts`),
      source(`${name}${timestamp}`, upQueries, downQueries.toReversed()),
    );
    const list = await readFile(LIST, 'utf8');
    const imported = list.replace(/\n\n/, `\nimport { ${name}${timestamp} } from './${timestamp}-${name}.js';\n\n`);
    await writeFile(LIST, imported.replace(/,?\s*\];/, `, ${name}${timestamp}];`));
    console.log(
      `Wrote migrations/${timestamp}-${name}.ts and listed it. Read it, then: npx prettier --write migrations`,
    );
  },
};

const action = commands[command];
if (!action) {
  console.error(`Usage: node scripts/migration.mjs ${Object.keys(commands).join(' | ')} [PascalCaseName]`);
  process.exit(2);
}
await withDatabase(action).catch((error) => {
  console.error(error.code === 'ERR_MODULE_NOT_FOUND' ? `${error.message}\nRun "npm run build" first.` : error.message);
  process.exitCode = 1;
});

async function withDatabase(work) {
  const { readSettings } = await built('src/platform/config/read-settings.js');
  const settings = readSettings(process.env);
  let server;
  let dataSource;
  try {
    const connection = settings.databaseUrl
      ? (await built('src/platform/database/connection.js')).parseDatabaseUrl(settings.databaseUrl)
      : (server = await embedded(settings.dataDir)).connection;
    const { migrations } = await built('migrations/all-migrations.js');
    const { migrationDataSource } = await built('src/platform/database/migration-data-source.driver.js');
    const entities = command === 'generate' ? await allEntities() : [];
    dataSource = await migrationDataSource(connection, { migrations, entities }).initialize();
    const applied = async () => {
      const [{ table }] = await dataSource.query(`SELECT to_regclass('migrations') AS table`);
      if (!table) return [];
      return (await dataSource.query('SELECT name FROM migrations ORDER BY id')).map((row) => row.name);
    };
    await work({ connection, dataSource, migrations, applied });
  } finally {
    await dataSource?.destroy();
    await server?.stop();
  }
}

async function embedded(dataDir) {
  const { startEmbeddedPostgres } = await built('src/platform/database/embedded/embedded-postgres.driver.js');
  return startEmbeddedPostgres({ dataDir, log });
}

async function allEntities() {
  const files = (await readdir(join(root, 'dist', 'src'), { recursive: true })).filter((file) =>
    file.endsWith('.entity.js'),
  );
  await import('reflect-metadata');
  const modules = await Promise.all(files.map((file) => built(join('src', file))));
  return modules.flatMap((module) => Object.values(module)).filter((value) => typeof value === 'function');
}

function source(className, up, down) {
  const statements = (queries) =>
    queries
      .map(
        ({ query }) =>
          `    await runner.query(\`${query.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${')}\`);`,
      )
      .join('\n');
  return `import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ${className} implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
${statements(up)}
  }

  async down(runner: QueryRunner): Promise<void> {
${statements(down)}
  }
}
`;
}
