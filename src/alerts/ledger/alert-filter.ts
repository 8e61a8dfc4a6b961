import type { SqlCondition } from '../../devices/inventory/selector-sql.js';
import { selectorCondition } from '../../devices/inventory/selector-sql.js';
import { isUuid } from '../../devices/inventory/uuid.js';
import type { SuppressionKind } from '../engine/alert.js';
import type { Severity } from '../severity.js';
import { BEGAN_AT, IS_ACKNOWLEDGED } from './alert-columns.js';

/** States that can be asked for. */
export const ALERT_STATES = ['open', 'pending', 'firing', 'resolved', 'all'] as const;
type AlertStateFilter = (typeof ALERT_STATES)[number];

/** Open ones by their partial index, however many are resolved. */
const STATE_CONDITIONS: Record<AlertStateFilter, string> = {
  open: `a.state <> 'resolved'`,
  pending: `a.state <> 'resolved' AND a.state = 'pending'`,
  firing: `a.state <> 'resolved' AND a.state = 'firing'`,
  resolved: `a.state = 'resolved'`,
  all: 'true',
};

const SEARCHED = 'lower(concat_ws(chr(10), a.summary, a.rule_name, a.target_name, a.site_name))';

/** What alerts are narrowed by; each that is given must hold. */
export interface AlertFilter {
  state: AlertStateFilter;
  severity?: readonly Severity[] | undefined;
  /** Id or name, as of those below. */
  rule?: string | undefined;
  device?: string | undefined;
  site?: string | undefined;
  tag?: string | undefined;
  acknowledged?: boolean | undefined;
  suppressed_by?: SuppressionKind | 'none' | undefined;
  q?: string | undefined;
  /** ISO-8601. */
  from?: string | undefined;
  to?: string | undefined;
}

/** The filter as conditions on alerts `a`. */
export function alertConditions(filter: AlertFilter): SqlCondition[] {
  const { rule, device, site, tag, acknowledged, suppressed_by: suppressedBy } = filter;
  const conditions: SqlCondition[] = [{ condition: STATE_CONDITIONS[filter.state], values: [] }];
  const add = (condition: string, ...values: unknown[]) => conditions.push({ condition, values });
  if (filter.severity) add('a.severity = ANY (?::text[])', filter.severity);
  if (rule !== undefined) add(isUuid(rule) ? 'a.rule_id = ?' : 'a.rule_name = ?', rule);
  if (device !== undefined) {
    add(
      isUuid(device) ? 'a.device_id = ?' : 'a.device_id = ANY (ARRAY(SELECT id FROM devices WHERE name = ?))',
      device,
    );
  }
  for (const selector of [...(site ? [{ sites: [site] }] : []), ...(tag ? [{ tags: [tag] }] : [])]) {
    const { condition, values } = selectorCondition(selector);
    add(`a.device_id IN (SELECT d.id FROM devices d WHERE ${condition})`, ...values);
  }
  if (acknowledged !== undefined) add(`${acknowledged ? '' : 'NOT '}${IS_ACKNOWLEDGED}`);
  if (suppressedBy === 'none') add('a.suppressed_by IS NULL');
  else if (suppressedBy) add('a.suppressed_by = ?', suppressedBy);
  if (filter.q !== undefined) add(`position(lower(?) in ${SEARCHED}) > 0`, filter.q);
  if (filter.from !== undefined) add(`${BEGAN_AT} >= ?::timestamptz`, filter.from);
  if (filter.to !== undefined) add(`${BEGAN_AT} < ?::timestamptz`, filter.to);
  return conditions;
}
