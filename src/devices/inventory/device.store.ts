import type { EntityManager } from 'typeorm';
import { ProblemException } from '../../platform/http/problem.js';
import type { DeviceRow } from './device-row.js';
import { findCircle, type Node } from './find-circle.js';

const COLUMNS = [
  'name', 'ip', 'hostname', 'vendor', 'device_type', 'device_subtype', 'model', 'location', 'description', 'enabled', 'site_id',
  'profile_id', 'parent_id', 'check_kind', 'port', 'url', 'expected_status', 'expected_body', 'refused_is_up', 'verify_tls',
  'duplicate_allowed', 'tags', 'custom_fields', 'snmp_credential_id', 'snmp_port', 'discovered_at',
] as const satisfies (keyof DeviceRow)[]; // prettier-ignore

/** Inserts any number of devices in one statement. @returns their ids, in the order given */
export async function insertDevices(manager: EntityManager, rows: readonly DeviceRow[]): Promise<string[]> {
  const names = COLUMNS.join(', ');
  const inserted = await manager.query<{ id: string; place: string }[]>(
    `WITH given AS MATERIALIZED (
       SELECT gen_random_uuid() AS id, place, ${COLUMNS.map((name) => `r.${name}`).join(', ')}
       FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS e (row, place), jsonb_populate_record(NULL::devices, e.row) AS r),
     made AS (INSERT INTO devices (id, ${names}) SELECT id, ${names} FROM given ORDER BY place)
     SELECT id FROM given ORDER BY place`,
    [JSON.stringify(rows)],
  );
  return inserted.map(({ id }) => id);
}

/** Sets columns of one device. */
export async function updateDevice(manager: EntityManager, id: string, changes: Partial<DeviceRow>): Promise<void> {
  const names = COLUMNS.filter((name) => changes[name] !== undefined);
  const values = names.map((name) => (name === 'custom_fields' ? JSON.stringify(changes[name]) : changes[name]));
  const sets = names.map((name, index) => `${name} = $${index + 2}`);
  await manager.query(`UPDATE devices SET ${[...sets, 'updated_at = clock_timestamp()'].join(', ')} WHERE id = $1`, [
    id,
    ...values,
  ]);
}

/**
 * Refuses an address that another device has, also one that was allowed to share it.
 * @throws ProblemException `duplicate_address`, naming that device
 */
export async function refuseDuplicate(manager: EntityManager, ip: string, ownId: string | null): Promise<void> {
  const [other] = await manager.query<{ id: string; name: string }[]>(
    'SELECT id, name FROM devices WHERE ip = $1 AND id IS DISTINCT FROM $2::uuid ORDER BY created_at LIMIT 1',
    [ip, ownId],
  );
  if (!other) return;
  const detail = `"${other.name}" (${other.id}) has the address ${ip}. Change that device, or send "allow_duplicate": true.`;
  throw new ProblemException('duplicate_address', { detail });
}

/**
 * Refuses devices that lie above themselves. Call it after the write, holding the inventory's lock. One statement.
 * @throws ProblemException `parent_cycle`, naming the circle
 */
export async function refuseCircle(
  manager: EntityManager,
  table: 'devices' | 'sites',
  ids: readonly string[],
): Promise<void> {
  const nodes = await manager.query<Node[]>(
    `WITH RECURSIVE above AS (
       SELECT id, name, parent_id FROM ${table} WHERE id = ANY ($1::uuid[])
       UNION SELECT p.id, p.name, p.parent_id FROM above a JOIN ${table} p ON p.id = a.parent_id)
     SELECT id, name, parent_id FROM above`,
    [ids],
  );
  const circle = findCircle(nodes);
  if (circle) {
    throw new ProblemException('parent_cycle', {
      detail: `Nothing can lie above itself: ${circle}. Choose another parent.`,
    });
  }
}
