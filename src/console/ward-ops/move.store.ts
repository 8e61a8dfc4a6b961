import type { EntityManager } from 'typeorm';
import { encodeNotice, NOTICE_CHANNEL } from '../../platform/events/notice.js';
import type { OldPing } from './old-rows.js';
import type { Move, NewCredential } from './plan-move.js';

/** A community as it is stored. */
export interface SealedCredential {
  id: string;
  name: string;
  key_id: string;
  /** Hexadecimal. */
  sealed: string;
}

/** What a run did; the second run of the same move creates nothing. */
export interface Moved {
  sites: number;
  profiles: number;
  credentials: number;
  devices: number;
  items: number;
  /** Devices whose address another device of the inventory has. */
  refused: { name: string; ip: string; other: string }[];
}

const BATCH = 2_000;

/**
 * Writes the inventory. What is there already (by id, or by name for sites, profiles and credentials) stays as it is: people may have
 * changed it since the first run.
 */
export async function writeInventory(
  manager: EntityManager,
  move: Move,
  seal: (credential: NewCredential) => SealedCredential,
): Promise<Moved> {
  const sites = await insert(
    manager,
    `INSERT INTO sites (id, name, region, branch, latitude, longitude)
     SELECT id, name, region, branch, latitude, longitude FROM jsonb_to_recordset($1::jsonb)
       AS r(id uuid, name text, region text, branch text, latitude double precision, longitude double precision)
     ON CONFLICT DO NOTHING RETURNING id`,
    move.sites,
  );
  const profiles = await insert(
    manager,
    `INSERT INTO profiles (id, name, mode, description)
     SELECT id, name, mode, description FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, name text, mode text, description text)
     ON CONFLICT DO NOTHING RETURNING id`,
    move.profiles,
  );
  const credentials = await insert(
    manager,
    `INSERT INTO credentials (id, name, kind, key_id, sealed)
     SELECT id, name, 'snmp_v2c', key_id, decode(sealed, 'hex') FROM jsonb_to_recordset($1::jsonb)
       AS r(id uuid, name text, key_id text, sealed text)
     ON CONFLICT DO NOTHING RETURNING id`,
    move.credentials.map(seal),
  );
  const refused = await takenAddresses(manager, move);
  const devices = await insert(manager, INSERT_DEVICES, move.devices);
  const items = await insert(
    manager,
    `INSERT INTO monitoring_items (id, device_id, name, oid, value_type, transform, units, interval_seconds, enabled)
     SELECT r.id, r.device_id, r.name, r.oid, r.value_type, r.transform, r.units, r.interval_seconds, r.enabled
     FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, device_id uuid, name text, oid text, value_type text, transform text,
            units text, interval_seconds integer, enabled boolean)
     WHERE EXISTS (SELECT FROM devices d WHERE d.id = r.device_id)
     ON CONFLICT DO NOTHING RETURNING id`,
    move.items,
  );
  // A product that runs meanwhile forgets what it kept of them, once this is committed.
  await manager.query('SELECT pg_notify($1, $2)', [NOTICE_CHANNEL, encodeNotice({ kind: 'inventory_changed' })]);
  return { sites, profiles, credentials, devices, items, refused };
}

/** A site of the same name that was there before takes the devices of the old branch. */
const INSERT_DEVICES = `
  INSERT INTO devices (id, name, ip, hostname, vendor, device_type, device_subtype, model, location, description, enabled, site_id,
                       profile_id, tags, custom_fields, snmp_credential_id, snmp_port, discovered_at, created_at)
  SELECT r.id, r.name, r.ip, r.hostname, r.vendor, r.device_type, r.device_subtype, r.model, r.location, r.description, r.enabled,
         (SELECT s.id FROM sites s WHERE s.id = r.site_id), (SELECT p.id FROM profiles p WHERE p.is_default), r.tags, r.custom_fields,
         (SELECT c.id FROM credentials c WHERE c.id = r.snmp_credential_id), r.snmp_port, r.discovered_at, coalesce(r.created_at, now())
  FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, name text, ip text, hostname text, vendor text, device_type text,
         device_subtype text, model text, location text, description text, enabled boolean, site_id uuid, tags text[],
         custom_fields jsonb, snmp_credential_id uuid, snmp_port integer, discovered_at timestamptz, created_at timestamptz)
  WHERE NOT EXISTS (SELECT FROM devices d WHERE d.ip = r.ip)
  ON CONFLICT DO NOTHING RETURNING id`;

async function insert(manager: EntityManager, sql: string, rows: readonly object[]): Promise<number> {
  let count = 0;
  for (let from = 0; from < rows.length; from += BATCH) {
    const done: unknown[] = await manager.query(sql, [JSON.stringify(rows.slice(from, from + BATCH))]);
    count += done.length;
  }
  return count;
}

function takenAddresses(manager: EntityManager, move: Move): Promise<Moved['refused']> {
  return manager.query(
    `SELECT r.name, r.ip, d.name AS other FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, name text, ip text)
     JOIN devices d ON d.ip = r.ip AND d.id <> r.id ORDER BY r.name`,
    [JSON.stringify(move.devices.map(({ id, name, ip }) => ({ id, name, ip })))],
  );
}

/**
 * Writes one page of pings, under the lock of those who commit cycles: a rollup sees rows and their marks together or not at all. Those that are there are left out, so that a second run doubles nothing.
 * @returns how many were written
 */
export async function writePings(manager: EntityManager, pings: readonly OldPing[]): Promise<number> {
  await manager.query("SELECT pg_advisory_xact_lock(hashtextextended('probe-commit', 0))");
  const columns = [
    pings.map(({ device_id: id }) => id),
    pings.map(({ at }) => at.toISOString()),
    pings.map(({ sent }) => sent),
    pings.map(({ received }) => received),
    pings.map(({ reachable }) => (reachable ? 0 : 1)),
    ...(['rtt_min', 'rtt_avg', 'rtt_max'] as const).map((key) => pings.map((ping) => ping[key])),
  ];
  const [row]: { written: number }[] = await manager.query(
    `WITH old AS (
       SELECT d.num, o.* FROM unnest($1::uuid[], $2::timestamptz[], $3::smallint[], $4::smallint[], $5::smallint[], $6::real[], $7::real[], $8::real[])
         AS o(id, ts, sent, received, status, rtt_min, rtt_avg, rtt_max)
       JOIN devices d ON d.id = o.id),
     written AS (
       INSERT INTO ping_results (ts, device_num, sent, received, status, rtt_min, rtt_avg, rtt_max)
       SELECT DISTINCT ON (num, ts) ts, num, sent, received, status, rtt_min, rtt_avg, rtt_max FROM old
       WHERE NOT EXISTS (SELECT FROM ping_results p WHERE p.device_num = old.num AND p.ts = old.ts)
       RETURNING ts),
     dirty AS (
       INSERT INTO rollup_dirty (bucket) SELECT DISTINCT date_bin('5 minutes', ts, '2000-01-01T00:00:00Z') FROM written
       ON CONFLICT DO NOTHING)
     SELECT count(*)::int AS written FROM written`,
    columns,
  );
  return row?.written ?? 0;
}
