import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { STATE_NOW } from '../../state/stale-state.js';
import type { StatsSummary } from './stats-summary.dto.js';

type Counts = Record<'up' | 'down' | 'unreachable' | 'unknown', number>;
interface Row extends Counts {
  kind: 'all' | 'type' | 'site';
  device_type: string | null;
  site_id: string | null;
  site_name: string | null;
  total: number;
  enabled: number;
  in_maintenance: number;
  flapping: number;
  blind: number;
}

const MAX_GROUPS = 200;
const ofState = (state: string): string =>
  `count(*) FILTER (WHERE d.enabled AND coalesce(${STATE_NOW}, 'unknown') = '${state}')::int AS ${state}`;

/** One pass over the states, counted thrice. */
const SUMMARY = `
  WITH counted AS (
    SELECT CASE WHEN grouping(d.site_id) = 0 THEN 'site' WHEN grouping(d.device_type) = 0 THEN 'type' ELSE 'all' END AS kind,
           d.device_type, d.site_id, count(*)::int AS total, count(*) FILTER (WHERE d.enabled)::int AS enabled,
           ${['up', 'down', 'unreachable', 'unknown'].map(ofState).join(', ')},
           count(*) FILTER (WHERE st.in_maintenance)::int AS in_maintenance,
           count(*) FILTER (WHERE st.flapping)::int AS flapping, count(*) FILTER (WHERE st.blind)::int AS blind
    FROM devices d LEFT JOIN device_state st ON st.device_num = d.num
    GROUP BY GROUPING SETS ((), (d.device_type), (d.site_id))),
  ranked AS (
    SELECT *, row_number() OVER (PARTITION BY kind ORDER BY CASE kind WHEN 'site' THEN down + unreachable ELSE enabled END DESC,
                                 enabled DESC, device_type, site_id) AS rank
    FROM counted)
  SELECT r.*, s.name AS site_name FROM ranked r LEFT JOIN sites s ON s.id = r.site_id WHERE rank <= ${MAX_GROUPS} ORDER BY rank`;

/** How many devices are in which state. */
@Injectable()
export class StatsSummaryReader {
  constructor(private readonly database: DataSource) {}

  async read(): Promise<StatsSummary> {
    const rows = await this.database.query<Row[]>(SUMMARY);
    const all = rows.find(({ kind }) => kind === 'all')!;
    // A group of disabled devices only has nothing to count.
    const ofKind = (kind: Row['kind']) => rows.filter((row) => row.kind === kind && row.enabled > 0);
    return {
      total: all.total,
      enabled: all.enabled,
      disabled: all.total - all.enabled,
      by_state: countsOf(all),
      in_maintenance: all.in_maintenance,
      flapping: all.flapping,
      blind: all.blind,
      by_type: ofKind('type').map((row) => ({
        device_type: row.device_type,
        total: row.enabled,
        ...countsOf(row),
      })),
      by_site: ofKind('site').map((row) => ({
        site_id: row.site_id,
        name: row.site_name,
        total: row.enabled,
        ...countsOf(row),
      })),
    };
  }
}

function countsOf({ up, down, unreachable, unknown }: Counts): Counts {
  return { up, down, unreachable, unknown };
}
