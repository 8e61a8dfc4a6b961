import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DEVICE_FROM, deviceList } from '../inventory/device-list.js';
import type { DevicesQuery } from '../inventory/devices.dto.js';
import type { ExportQuery } from './export.dto.js';

const BATCH_ROWS = 1_000;
/** More custom fields than this are no columns for people any more; they go into one column, as JSON. */
export const MAX_CUSTOM_COLUMNS = 100;

/** A device in the words of an import: references by name, nothing secret. */
export type ExportedDevice = Record<string, unknown> & { custom_fields: Record<string, unknown> };

/** A parent whose name others have too is told by its id. */
const SELECT = `d.num, d.name, d.ip, d.hostname, d.vendor, d.device_type, d.device_subtype, d.model, d.location, d.description, d.enabled,
  s.name AS site, p.name AS profile,
  CASE WHEN EXISTS (SELECT FROM devices o WHERE o.name = u.name AND o.id <> u.id) THEN u.id::text ELSE u.name END AS parent,
  d.check_kind, d.port, d.url, d.expected_status, d.expected_body, d.refused_is_up, d.verify_tls, d.tags, d.custom_fields,
  c.name AS snmp_credential, d.snmp_port, d.discovered_at, d.duplicate_allowed AS allow_duplicate`;

/** Reads devices in batches, in the order in which they were made: parents mostly before what is below them. */
@Injectable()
export class ExportStore {
  constructor(private readonly database: DataSource) {}

  /** Batches by key: no transaction stays open for a slow reader. */
  async *batches(query: ExportQuery): AsyncGenerator<ExportedDevice[]> {
    for (let after = 0; ;) {
      const { text, values } = where(query, [after]);
      const rows = await this.database.query<(ExportedDevice & { num: number })[]>(
        `SELECT ${SELECT} FROM ${DEVICE_FROM} WHERE d.num > $1${text} ORDER BY d.num LIMIT ${BATCH_ROWS}`,
        values,
      );
      if (rows.length === 0) return;
      after = rows.at(-1)!.num;
      yield rows.map(({ discovered_at, ...device }) => ({
        ...device,
        // The database's own key: left out of JSON.
        num: undefined,
        discovered_at: discovered_at instanceof Date ? discovered_at.toISOString() : null,
      })) as ExportedDevice[];
      if (rows.length < BATCH_ROWS) return;
    }
  }

  /** The names of all custom fields; null when there are too many. */
  async customFields(query: ExportQuery): Promise<string[] | null> {
    const { text, values } = where(query, []);
    const rows = await this.database.query<{ name: string }[]>(
      `SELECT DISTINCT k.name FROM ${DEVICE_FROM} CROSS JOIN LATERAL jsonb_object_keys(d.custom_fields) AS k (name)
       WHERE true${text} ORDER BY 1 LIMIT ${MAX_CUSTOM_COLUMNS + 1}`,
      values,
    );
    return rows.length > MAX_CUSTOM_COLUMNS ? null : rows.map(({ name }) => name);
  }
}

function where(query: ExportQuery, values: unknown[]): { text: string; values: unknown[] } {
  const list = deviceList({ q: query.q, filters: query.filters } as DevicesQuery);
  const parts = list.where.map(({ condition, values: bound }) => {
    let next = 0;
    return ` AND (${condition.replace(/\?/g, () => `$${values.push(bound[next++])}`)})`;
  });
  return { text: parts.join(''), values };
}
