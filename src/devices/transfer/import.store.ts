import type { EntityManager } from 'typeorm';
import type { DeviceRow } from '../inventory/device-row.js';

/** A device that has an address of the import. */
export type KnownDevice = DeviceRow & { id: string };

/** All devices with one of these addresses. One statement. */
export function devicesAt(manager: EntityManager, addresses: readonly string[]): Promise<KnownDevice[]> {
  return manager.query('SELECT d.* FROM devices d WHERE d.ip = ANY ($1::text[]) ORDER BY d.created_at, d.id', [
    addresses,
  ]);
}

/** Makes sites of these names, where there are none. One statement at most. @returns the names that were new */
export async function createSites(manager: EntityManager, names: readonly string[]): Promise<string[]> {
  if (names.length === 0) return [];
  const made = await manager.query<{ name: string }[]>(
    'INSERT INTO sites (name) SELECT unnest($1::text[]) ON CONFLICT (name) DO NOTHING RETURNING name',
    [names],
  );
  return made.map(({ name }) => name);
}

/** Writes whole rows back, any number in one statement. */
export async function rewriteDevices(manager: EntityManager, rows: readonly KnownDevice[]): Promise<void> {
  const names = Object.keys(rows[0] ?? {}).filter((name) => !FIXED.has(name));
  if (names.length === 0) return;
  await manager.query(
    `UPDATE devices d SET ${names.map((name) => `${name} = r.${name}`).join(', ')}, updated_at = clock_timestamp()
     FROM jsonb_populate_recordset(NULL::devices, $1::jsonb) r WHERE d.id = r.id`,
    [JSON.stringify(rows)],
  );
}
const FIXED = new Set(['id', 'num', 'created_at', 'updated_at']);

/** Sets parents, any number in one statement. */
export async function setParents(
  manager: EntityManager,
  pairs: readonly { id: string; parentId: string }[],
): Promise<void> {
  await manager.query(
    `UPDATE devices d SET parent_id = p.parent_id
     FROM unnest($1::uuid[], $2::uuid[]) AS p (id, parent_id) WHERE d.id = p.id`,
    [pairs.map(({ id }) => id), pairs.map(({ parentId }) => parentId)],
  );
}
