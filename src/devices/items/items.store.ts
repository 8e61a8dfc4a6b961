import type { EntityManager } from 'typeorm';
import { ProblemException } from '../../platform/http/problem.js';
import type { ItemFields } from './item-fields.js';

/** A device that is asked for more than this has a table of its own to be walked, not items. */
export const MAX_ITEMS_PER_DEVICE = 500;

/** @throws ProblemException `device_not_found`, `too_many_items` */
export async function insertItem(
  manager: EntityManager,
  deviceId: string,
  item: ItemFields & { enabled: boolean },
): Promise<string> {
  // Locked, so that the number holds for several at once.
  const [device] = await manager.query<{ id: string }[]>('SELECT id FROM devices WHERE id = $1 FOR NO KEY UPDATE', [
    deviceId,
  ]);
  if (!device) throw new ProblemException('device_not_found');
  const [{ items }] = await manager.query<[{ items: number }]>(
    'SELECT count(*)::int AS items FROM monitoring_items WHERE device_id = $1',
    [deviceId],
  );
  if (items >= MAX_ITEMS_PER_DEVICE) throw new ProblemException('too_many_items');
  const [{ id }] = await manager.query<[{ id: string }]>(
    `INSERT INTO monitoring_items (device_id, name, oid, value_type, transform, units, interval_seconds, enabled)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`,
    [deviceId, ...valuesOf(item), item.enabled],
  );
  return id;
}

/** Until the end of the transaction. @throws ProblemException `item_not_found` */
export async function lockItem(manager: EntityManager, id: string): Promise<void> {
  const rows = await manager.query<unknown[]>('SELECT 1 FROM monitoring_items WHERE id = $1 FOR UPDATE', [id]);
  if (rows.length === 0) throw new ProblemException('item_not_found');
}

export async function updateItem(
  manager: EntityManager,
  item: ItemFields & { id: string; enabled: boolean },
): Promise<void> {
  await manager.query(
    `UPDATE monitoring_items SET name = $2, oid = $3, value_type = $4, transform = $5, units = $6, interval_seconds = $7,
            enabled = $8, updated_at = now() WHERE id = $1`,
    [item.id, ...valuesOf(item), item.enabled],
  );
}

/** What was read of another OID is no beginning for a rate. */
export async function forgetValues(manager: EntityManager, id: string): Promise<void> {
  await manager.query('DELETE FROM snmp_item_state s USING monitoring_items i WHERE i.num = s.item_num AND i.id = $1', [
    id,
  ]);
}

function valuesOf({ name, oid, value_type, transform, units, interval_seconds }: ItemFields): unknown[] {
  return [name, oid, value_type, transform, units, interval_seconds];
}
