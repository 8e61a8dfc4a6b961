import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { numbered, type SqlCondition } from '../inventory/selector-sql.js';
import type { ItemFields } from './item-fields.js';
import { MAX_ITEMS_PER_DEVICE } from './items.store.js';
import type { StoredItem, TemplateDiff } from './template-diff.js';

/** What filling would do. */
export interface FillPlan {
  devices: number;
  devices_changed: number;
  items_added: number;
  conflicts: number;
  conflict_examples: { device_id: string; device_name: string; item_name: string }[];
  /** Devices that would have more items than a device may. */
  overfull: number;
}

const FIELDS = 'name text, oid text, value_type text, transform text, units text, interval_seconds int';
const EXAMPLES = 20;

/** The items of templates on devices: every step is one statement, however many devices it is about. */
@Injectable()
export class TemplateItems {
  /** The items, by name. */
  stored(manager: EntityManager, templateId: string): Promise<StoredItem[]> {
    return manager.query<StoredItem[]>(
      `SELECT id, name, oid, value_type, transform, units, interval_seconds FROM template_items WHERE template_id = $1 ORDER BY name`,
      [templateId],
    );
  }

  async insert(manager: EntityManager, templateId: string, items: readonly ItemFields[]): Promise<void> {
    if (items.length === 0) return;
    await manager.query(
      `INSERT INTO template_items (template_id, name, oid, value_type, transform, units, interval_seconds)
       SELECT $1, r.* FROM jsonb_to_recordset($2::jsonb) AS r(${FIELDS})`,
      [templateId, JSON.stringify(items)],
    );
  }

  /** On the template and on every device that has it. @returns how many items of devices were changed or removed */
  async change(
    manager: EntityManager,
    { changed, removed }: Pick<TemplateDiff, 'changed' | 'removed'>,
  ): Promise<{ items_changed: number; items_removed: number }> {
    let [items_changed, items_removed] = [0, 0];
    if (removed.length > 0) {
      items_removed = await counted(
        manager,
        'WITH gone AS (DELETE FROM monitoring_items WHERE template_item_id = ANY ($1::uuid[]) RETURNING 1) SELECT count(*)::int AS n FROM gone',
        [removed],
      );
      await manager.query('DELETE FROM template_items WHERE id = ANY ($1::uuid[])', [removed]);
    }
    if (changed.length > 0) {
      const rows = JSON.stringify(changed);
      // An interval that was set on the device stays; what was read of another OID is no beginning for a rate.
      items_changed = await counted(
        manager,
        `WITH wanted AS (
           SELECT r.*, t.interval_seconds AS old_interval,
                  (r.oid, r.value_type, r.transform) <> (t.oid, t.value_type, t.transform) AS another
             FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, ${FIELDS}) JOIN template_items t ON t.id = r.id
         ), done AS (
           UPDATE monitoring_items m
              SET oid = w.oid, value_type = w.value_type, transform = w.transform, units = w.units, updated_at = now(),
                  interval_seconds = CASE WHEN m.interval_seconds IS NOT DISTINCT FROM w.old_interval
                                          THEN w.interval_seconds ELSE m.interval_seconds END
             FROM wanted w WHERE m.template_item_id = w.id RETURNING m.num, w.another
         ), forgotten AS (
           DELETE FROM snmp_item_state s USING done WHERE done.another AND s.item_num = done.num
         ) SELECT count(*)::int AS n FROM done`,
        [rows],
      );
      await manager.query(
        `UPDATE template_items t
            SET oid = r.oid, value_type = r.value_type, transform = r.transform, units = r.units, interval_seconds = r.interval_seconds
           FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, ${FIELDS}) WHERE t.id = r.id`,
        [rows],
      );
    }
    return { items_changed, items_removed };
  }

  async plan(manager: EntityManager, templateId: string, devices: SqlCondition): Promise<FillPlan> {
    const { text, values } = numbered(devices, 1);
    const [plan] = await manager.query<[FillPlan]>(
      `WITH target AS MATERIALIZED (SELECT d.id, d.name FROM devices d WHERE ${text}),
       wanted AS MATERIALIZED (
         SELECT target.id AS device_id, target.name AS device_name, t.name AS item_name, m.id IS NULL AS missing,
                m.id IS NOT NULL AND m.template_item_id IS DISTINCT FROM t.id AS conflict
           FROM target CROSS JOIN template_items t
           LEFT JOIN monitoring_items m ON m.device_id = target.id AND m.name = t.name
          WHERE t.template_id = $1
       )
       SELECT (SELECT count(*)::int FROM target) AS devices,
              (SELECT count(*)::int FROM target WHERE NOT EXISTS
                (SELECT FROM device_templates h WHERE h.device_id = target.id AND h.template_id = $1)) AS devices_changed,
              (SELECT count(*)::int FROM wanted WHERE missing) AS items_added,
              (SELECT count(*)::int FROM wanted WHERE conflict) AS conflicts,
              (SELECT coalesce(jsonb_agg(jsonb_build_object('device_id', device_id, 'device_name', device_name, 'item_name', item_name)), '[]')
                 FROM (SELECT * FROM wanted WHERE conflict ORDER BY device_name, device_id, item_name LIMIT ${EXAMPLES}) c) AS conflict_examples,
              (SELECT count(*)::int FROM
                (SELECT device_id, count(*) AS items FROM wanted WHERE missing GROUP BY device_id) n
                WHERE n.items + (SELECT count(*) FROM monitoring_items m WHERE m.device_id = n.device_id) > ${MAX_ITEMS_PER_DEVICE}) AS overfull`,
      [templateId, ...values],
    );
    return plan;
  }

  /** Gives the devices the template, and the items of it that they lack. */
  async fill(manager: EntityManager, templateId: string, devices: SqlCondition): Promise<number> {
    const { text, values } = numbered(devices, 1);
    await manager.query(
      `INSERT INTO device_templates (device_id, template_id) SELECT d.id, $1 FROM devices d WHERE ${text} ON CONFLICT DO NOTHING`,
      [templateId, ...values],
    );
    // In order, so that two of them cannot wait for each other.
    return counted(
      manager,
      `WITH made AS (
         INSERT INTO monitoring_items (device_id, template_item_id, name, oid, value_type, transform, units, interval_seconds)
         SELECT d.id, t.id, t.name, t.oid, t.value_type, t.transform, t.units, t.interval_seconds
           FROM devices d CROSS JOIN template_items t
          WHERE (${text}) AND t.template_id = $1
            AND NOT EXISTS (SELECT FROM monitoring_items m WHERE m.device_id = d.id AND m.name = t.name)
          ORDER BY d.id, t.name
         ON CONFLICT (device_id, name) DO NOTHING RETURNING 1
       ) SELECT count(*)::int AS n FROM made`,
      [templateId, ...values],
    );
  }

  /** What {@link clear} would do. */
  async planClear(manager: EntityManager, templateId: string, devices: SqlCondition) {
    const { text, values } = numbered(devices, 1);
    const [plan] = await manager.query<[{ devices: number; devices_changed: number; items_removed: number }]>(
      `WITH target AS MATERIALIZED (
         SELECT d.id, h.device_id IS NOT NULL AS has FROM devices d
           LEFT JOIN device_templates h ON h.device_id = d.id AND h.template_id = $1 WHERE ${text})
       SELECT (SELECT count(*)::int FROM target) AS devices,
              (SELECT count(*)::int FROM target WHERE has) AS devices_changed,
              (SELECT count(*)::int FROM target JOIN monitoring_items m ON m.device_id = target.id
                 JOIN template_items t ON t.id = m.template_item_id WHERE t.template_id = $1) AS items_removed`,
      [templateId, ...values],
    );
    return plan;
  }

  /** Takes the template and its items away from the devices. */
  async clear(manager: EntityManager, templateId: string, devices: SqlCondition): Promise<void> {
    const { text, values } = numbered(devices, 1);
    await manager.query(
      `WITH target AS MATERIALIZED (SELECT d.id FROM devices d WHERE ${text}),
       items AS (
         DELETE FROM monitoring_items m USING template_items t
          WHERE t.id = m.template_item_id AND t.template_id = $1 AND m.device_id IN (SELECT id FROM target)
       )
       DELETE FROM device_templates WHERE template_id = $1 AND device_id IN (SELECT id FROM target)`,
      [templateId, ...values],
    );
  }
}

async function counted(manager: EntityManager, text: string, values: unknown[]): Promise<number> {
  const [{ n }] = await manager.query<[{ n: number }]>(text, values);
  return n;
}
