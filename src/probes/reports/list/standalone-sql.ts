import { numbered, searchedText } from '../../../devices/inventory/selector-sql.js';
import { IS_STALE, STATE_NOW } from '../../state/stale-state.js';
import type { StandaloneQuery } from './standalone-list.dto.js';

export interface Statement {
  text: string;
  values: unknown[];
}

/** Milliseconds since the epoch, cut as a `Date` cuts them; far cheaper for both sides than text that has to be read again. */
const ms = (column: string): string => `floor(date_part('epoch', ${column}) * 1000 + 0.001)::bigint`;

const FROM = `FROM devices d LEFT JOIN sites s ON s.id = d.site_id LEFT JOIN device_state st ON st.device_num = d.num`;

/** `xmin` is the transaction that wrote a row as it is now: every change has another. */
const VERSION = `d.xmin::text || '.' || coalesce(s.xmin::text, '') AS version`;

const INVENTORY = `d.num, ${VERSION}, d.id, d.name, d.ip, d.hostname, d.vendor, d.device_type, d.device_subtype, d.model, d.location,
  d.description, d.enabled, s.id AS site_id, s.name AS site_name, s.region AS site_region, s.branch AS site_branch,
  s.latitude AS site_latitude, s.longitude AS site_longitude, d.tags, d.custom_fields::text AS custom_fields, d.snmp_port, d.check_kind,
  ${ms('d.discovered_at')} AS discovered_at, ${ms('d.created_at')} AS created_at, ${ms('d.updated_at')} AS updated_at`;

const STATE = `${STATE_NOW} AS state, st.last_known_state, st.outcome = 'ok' AND NOT ${IS_STALE} AS answered, st.rtt_avg, st.loss_percent, ${ms('st.last_at')} AS last_at,
  ${ms('st.last_ok_at')} AS last_ok_at, ${ms('st.down_since')} AS down_since, st.in_maintenance, st.blind, st.flapping,
  e.items AS items_in_error`;

/** Few items are in error at any time, so they are counted from their own side. */
const ERRORS = `LEFT JOIN (SELECT i.device_id, count(*)::int AS items FROM snmp_item_state x JOIN monitoring_items i ON i.num = x.item_num
  WHERE x.error IS NOT NULL AND i.enabled GROUP BY i.device_id) e ON e.device_id = d.id`;

const ORDER = 'ORDER BY d.name, d.id';

const CONDITIONS = {
  enabled: 'd.enabled = ?::boolean',
  vendor: 'd.vendor = ?',
  device_type: 'd.device_type = ?',
  location: 'd.location = ?',
  region: `? IN (s.region, d.custom_fields->>'region')`,
  branch: `? IN (s.branch, d.custom_fields->>'branch')`,
  // An id is compared as text: what is none matches no id, instead of failing.
  site: 'd.site_id = ANY (ARRAY(WITH w AS (SELECT ?::text AS word) SELECT n.id FROM sites n, w WHERE n.name = word OR n.id::text = lower(word)))',
  tag: 'd.tags @> ARRAY[?::text]',
  // Of a disabled device the state is not asked for.
  state: `d.enabled AND coalesce(${STATE_NOW}, 'unknown') = ?`,
  q: `position(lower(?) in ${searchedText('d')}) > 0`,
} satisfies Partial<Record<keyof StandaloneQuery, string>>;

/** The statements of the device list, whose number does not depend on how many devices there are. */
export function standaloneStatements(query: StandaloneQuery) {
  const names = (Object.keys(CONDITIONS) as (keyof typeof CONDITIONS)[]).filter((name) => query[name] !== undefined);
  const condition = names.map((name) => `(${CONDITIONS[name]})`).join(' AND ') || 'true';
  const where = numbered({ condition, values: names.map((name) => query[name]) });
  const { text, values } = where;
  const page = (limit: number | null): Statement => ({
    text: `LIMIT $${values.length + 1}::bigint OFFSET $${values.length + 2}::bigint`,
    values: [...values, limit, query.skip ?? 0],
  });
  const all = page(query.limit ?? null);
  const states = `SELECT d.num, ${VERSION}, ${STATE} ${FROM} ${ERRORS}`;
  return {
    /** The states of at most so many devices, in order; what does not change is added from memory. */
    states(limit: number): Statement {
      const part = page(Math.min(limit, query.limit ?? limit));
      return {
        text: `${states} WHERE ${text} ${ORDER} ${part.text}`,
        values: part.values,
      };
    },
    /** The same for the list without any filter, which is what is polled: it has no parameters. Null for others. */
    polled: (limit: number): string | null =>
      values.length > 0 || query.limit !== undefined || query.skip ? null : `${states} ${ORDER} LIMIT ${limit}`,
    /** Everything of all of them. */
    whole: {
      text: `SELECT ${INVENTORY}, ${STATE} ${FROM} ${ERRORS} WHERE ${text} ${ORDER} ${all.text}`,
      values: all.values,
    },
    /** How many there are, whatever `skip` and `limit` say. */
    total: { text: `SELECT count(*)::int AS total ${FROM} WHERE ${text}`, values },
  };
}

/** What rarely changes, of some devices. */
export const INVENTORY_OF = `SELECT ${INVENTORY} FROM devices d LEFT JOIN sites s ON s.id = d.site_id WHERE d.num = ANY ($1::int[])`;
