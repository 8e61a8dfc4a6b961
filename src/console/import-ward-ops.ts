import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { DataSource } from 'typeorm';
import { readAddress } from '../devices/inventory/device-address.js';
import { normaliseOid } from '../devices/items/oid.js';
import { sealedCredentials } from '../devices/items/sealed-credentials.js';
import { readSettings, SettingsError } from '../platform/config/read-settings.js';
import type { Condition } from '../alerts/engine/condition.js';
import { checkCondition } from '../alerts/engine/language/check-condition.js';
import type { Settings } from '../platform/config/settings.schema.js';
import { connectionProblem } from '../platform/database/connection-problem.js';
import { migrationDataSource } from '../platform/database/migration-data-source.driver.js';
import { keepKey, unlockSecrets } from '../platform/security/secret-keys.store.js';
import { NONCE_BYTES, sealText } from '../platform/security/secret-key.js';
import type { SecretKeyring } from '../platform/security/secret-keyring.js';
import { PROBE_METRICS } from '../probes/signals/probe-metrics.js';
import { Partitions } from '../probes/history/partitions.store.js';
import {
  ConsoleError,
  type OpenedDatabase,
  START_FIRST,
  tell,
  WARNINGS_ONLY,
  withDatabase,
} from './with-database.client.js';
import { type Moved, type SealedCredential, writeInventory, writePings } from './ward-ops/move.store.js';
import { type MovedRules, writeRules } from './ward-ops/move-rules.store.js';
import { type Move, type NewCredential, planMove } from './ward-ops/plan-move.js';
import { WardOpsClient, WardOpsError } from './ward-ops/ward-ops.client.js';

const USAGE = `Usage: npm run import:ward-ops -- --database-url postgres://user:password@host/old [--days 7] [--apply]
  Shows what would move in; --apply does it. Running it again changes nothing that is there.`;
const DAY_MS = 86_400_000;

interface Arguments {
  databaseUrl: string;
  days: number;
  apply: boolean;
}

/** `npm run import:ward-ops`: moves the inventory and the last pings of the old system in. */
async function main(): Promise<void> {
  const { databaseUrl, days, apply } = readArguments(process.argv.slice(2));
  const settings = readSettings(process.env);
  const old = await WardOpsClient.open(databaseUrl);
  try {
    const move = planMove(await old.read(), { address, oid, conditionFault });
    const since = new Date(Date.now() - days * DAY_MS);
    const pings = await old.countPings(since);
    say(`Found in the old system: ${describe(move)}, and ${pings} pings of the last ${days} days.`);
    sayLeftBehind(move);
    if (!apply) return say('Nothing was changed. Run it again with --apply to move in.');
    await withDatabase(settings, (database) => moveIn(database, settings, move, old, { since, pings }));
  } finally {
    await old.close();
  }
}

async function moveIn(
  database: OpenedDatabase,
  settings: Settings,
  move: Move,
  old: WardOpsClient,
  { since, pings }: { since: Date; pings: number },
): Promise<void> {
  const { connection, keyFile } = database;
  const keyring = await unlockSecrets(connection, {
    settings,
    keyFile,
    tables: [sealedCredentials],
    log: WARNINGS_ONLY,
  });
  const dataSource = migrationDataSource(connection, {});
  try {
    await dataSource.initialize();
    const moved = await writeMove(dataSource, keyring, move);
    sayMoved(moved);
    sayRules(moved.rules);
    const written = await movePings(dataSource, old, since, pings);
    say(`Pings moved in: ${written}. Rollups of them are made within some minutes while Swarmward runs.`);
  } catch (error) {
    if ((error as { code?: unknown }).code === UNDEFINED_TABLE) {
      throw new ConsoleError(`The database has no tables of this version of Swarmward yet. ${START_FIRST}`);
    }
    if (error instanceof ConsoleError) throw error;
    throw new ConsoleError(`Not everything moved in, run it again: ${connectionProblem(error, connection)}`);
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
  }
}

const UNDEFINED_TABLE = '42P01';

/** All of the inventory or nothing of it, in turn with who else changes it. */
function writeMove(
  dataSource: DataSource,
  { current }: SecretKeyring,
  move: Move,
): Promise<Moved & { rules: MovedRules }> {
  if (!current && move.credentials.length > 0) {
    throw new ConsoleError(
      'SNMP communities move in encrypted: set SWARMWARD_SECRETS_KEY to the key of the installation.',
    );
  }
  return dataSource.transaction(async (manager) => {
    await manager.query("SELECT pg_advisory_xact_lock(hashtextextended('inventory', 0))");
    if (current && move.credentials.length > 0) await keepKey((text, values) => manager.query(text, values), current);
    const seal = ({ id, name, community }: NewCredential): SealedCredential => {
      const plain = JSON.stringify({ kind: 'snmp_v2c', community });
      const sealed = sealText(current!, plain, sealedCredentials.context(id), randomBytes(NONCE_BYTES));
      return { id, name, key_id: current!.id, sealed: sealed.toString('hex') };
    };
    const moved = await writeInventory(manager, move, seal);
    return { ...moved, rules: await writeRules(manager, move.rules) };
  });
}

async function movePings(dataSource: DataSource, old: WardOpsClient, since: Date, total: number): Promise<number> {
  const partitions = new Partitions(dataSource);
  const days = new Set<string>();
  let [read, written, told] = [0, 0, 0];
  for await (const page of old.pings(since)) {
    for (const { at } of page) {
      const day = at.toISOString().slice(0, 10);
      if (days.has(day)) continue;
      days.add(day);
      await partitions.ensureDay('ping_results', at);
      await partitions.ensureDay('ping_5m', at);
      await partitions.ensureDay('ping_1h', at);
    }
    written += await dataSource.transaction((manager) => writePings(manager, page));
    read += page.length;
    if (read - told < 100_000) continue;
    told = read;
    say(`  ${read} of about ${total} pings read …`);
  }
  return written;
}

function readArguments(args: string[]): Arguments {
  try {
    const { values } = parseArgs({
      args,
      options: {
        'database-url': { type: 'string' },
        days: { type: 'string', default: '7' },
        apply: { type: 'boolean', default: false },
      },
    });
    const days = Number(values.days);
    if (!values['database-url']) throw new Error('--database-url names the old database.');
    if (!Number.isInteger(days) || days < 0 || days > 365)
      throw new Error('--days must be a whole number from 0 to 365.');
    return { databaseUrl: values['database-url'], days, apply: values.apply };
  } catch (error) {
    throw new ConsoleError(`${(error as Error).message}\n${USAGE}`);
  }
}

function address(text: string): string {
  const reading = readAddress(text);
  if ('problem' in reading)
    throw new Error(`its address ${JSON.stringify(text.slice(0, 100))} cannot be used: ${reading.problem}`);
  return reading.address;
}

function oid(text: string): string {
  const normal = normaliseOid(text);
  if (normal === null) throw new Error(`${JSON.stringify(text.slice(0, 100))} is no numeric OID`);
  return normal;
}

const describe = ({ devices, sites, profiles, credentials, items, rules }: Move): string =>
  `${devices.length} devices, ${sites.length} branches, ${profiles.length} profiles, ${credentials.length} SNMP communities, ${items.length} items, ${rules.length} alert rules`;

function sayLeftBehind({ leftBehind }: Move): void {
  if (leftBehind.length === 0) return;
  say(`Cannot move in (${leftBehind.length}):`);
  for (const { what, name, reason } of leftBehind.slice(0, 50)) say(`  ${what} ${name}: ${reason}`);
  if (leftBehind.length > 50) say(`  … and ${leftBehind.length - 50} more`);
}

/** What the old rules speak of is all measured by probes. */
function conditionFault(condition: Condition): string | null {
  const catalogue = [...PROBE_METRICS.values()];
  const find = (metric: string) => PROBE_METRICS.get(metric);
  return checkCondition(condition, { find, catalogue, scopeKind: 'devices' })[0]?.message ?? null;
}

function sayRules({ written, leftBehind, notes }: MovedRules): void {
  say(`Alert rules moved in: ${written}.`);
  for (const { name, reason } of leftBehind.slice(0, 50)) say(`  alert rule ${name} stayed out: ${reason}`);
  for (const { name, note } of notes.slice(0, 200)) say(`  alert rule ${name}: ${note}`);
}

function sayMoved({ devices, sites, profiles, credentials, items, refused }: Moved): void {
  say(
    `Moved in: ${devices} devices, ${sites} sites, ${profiles} profiles, ${credentials} credentials, ${items} items.`,
  );
  for (const { name, ip, other } of refused.slice(0, 50))
    say(`  ${name} stayed out: its address ${ip} is that of ${other}.`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

main().catch((error: unknown) => {
  const known = ['ConsoleError', 'EmbeddedPostgresError', 'DatabaseUrlError', 'SecretKeysError'];
  const { name, message, stack } = error as Error;
  const plain = error instanceof SettingsError || error instanceof WardOpsError || known.includes(name);
  tell(plain ? message : (stack ?? String(error)));
  process.exitCode = 1;
});
