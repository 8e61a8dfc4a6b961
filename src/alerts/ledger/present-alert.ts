import type { AlertDto } from './alerts.dto.js';

type Times = 'pending_since' | 'evaluated_at' | 'updated_at';
type LaterTimes = 'fired_at' | 'resolved_at' | 'announced_at';

/** A row of `ALERT_COLUMNS`. */
export type AlertRow = Omit<AlertDto, Times | LaterTimes | 'acknowledgement'> &
  Record<Times, Date> &
  Record<LaterTimes, Date | null> & {
    ack_by: string | null;
    ack_at: Date | null;
    ack_until: Date | null;
    ack_sticky: boolean;
    ack_comment: string | null;
    acknowledged: boolean;
  };

export function presentAlert(row: AlertRow): AlertDto {
  const { ack_by, ack_at, ack_until, ack_sticky, ack_comment, acknowledged } = row;
  return {
    id: row.id,
    state: row.state,
    severity: row.severity,
    rule_id: row.rule_id,
    rule_name: row.rule_name,
    rule_version: row.rule_version,
    summary: row.summary,
    value: row.value,
    target_kind: row.target_kind,
    target_key: row.target_key,
    target_name: row.target_name,
    device_id: row.device_id,
    site_id: row.site_id,
    site_name: row.site_name,
    labels: row.labels,
    runbook_url: row.runbook_url,
    pending_since: row.pending_since.toISOString(),
    fired_at: textOf(row.fired_at),
    resolved_at: textOf(row.resolved_at),
    resolution: row.resolution,
    resolved_by: row.resolved_by,
    acknowledgement:
      acknowledged && ack_at
        ? {
            by: ack_by,
            at: ack_at.toISOString(),
            until: textOf(ack_until),
            sticky: ack_sticky,
            comment: ack_comment,
          }
        : null,
    suppressed_by: row.suppressed_by,
    suppressed_id: row.suppressed_id,
    announced_at: textOf(row.announced_at),
    evaluated_at: row.evaluated_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

function textOf(time: Date | null): string | null {
  return time?.toISOString() ?? null;
}
