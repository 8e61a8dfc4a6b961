import { RESOLVED_BY } from '../resolved-by-sql.js';

/** Somebody has it in hand now. Of alerts `a`. */
export const IS_ACKNOWLEDGED = '(a.ack_at IS NOT NULL AND (a.ack_until IS NULL OR a.ack_until > now()))';
/** When it began: it fired, or will if it goes on. Indexed. */
export const BEGAN_AT = 'coalesce(a.fired_at, a.pending_since)';

/** The rule of an alert `a`; null when it is deleted. */
export const RULE_ID = '(SELECT r.id FROM alert_rules r WHERE r.id = a.rule_id)';

/** What is shown of an alert `a`. */
export const ALERT_COLUMNS = `a.id, a.state, a.severity, ${RULE_ID} AS rule_id, a.rule_name, a.rule_version, a.summary, a.value, a.target_kind,
  a.target_key, a.target_name, a.device_id, a.site_id, a.site_name, a.labels, a.runbook_url, a.pending_since, a.fired_at, a.resolved_at,
  a.resolution, ${RESOLVED_BY} AS resolved_by, a.ack_by, a.ack_at, a.ack_until, a.ack_sticky, a.ack_comment, ${IS_ACKNOWLEDGED} AS acknowledged, a.suppressed_by,
  a.suppressed_id, CASE WHEN a.untold_at IS NULL THEN a.announced_at END AS announced_at, a.evaluated_at, a.updated_at`;
