import type { AlertFacts } from '../../alerts/outbox/alert-facts.js';
import type { Message, MessageAlert } from '../channels/channel-driver.port.js';
import { noticeTitle } from '../policy/notice-title.js';
import type { DeliveryKind, DropReason } from './delivery.js';

/** What a message is made of besides its alerts. */
export interface Draft {
  id: string;
  kind: DeliveryKind;
  severity: Message['severity'];
  groupKey: string;
  groupLabels: Record<string, string>;
}

/**
 * Whether an alert is told in a delivery that goes out now.
 * @param isTold whether the receiver knows that it fires, or may
 * @returns why not; null when it is
 */
function dropReason(kind: DeliveryKind, alert: AlertFacts, isTold: boolean): DropReason | null {
  if (kind === 'resolved') return isTold ? null : 'not_told';
  if (alert.state !== 'firing') return 'resolved';
  if (alert.acknowledged) return 'acknowledged';
  return alert.suppressed ? 'suppressed' : null;
}

/** What becomes of a claimed delivery. */
export interface Frozen {
  /** What is sent; null: nothing, it is cancelled. */
  alerts: AlertFacts[] | null;
  dropped: { alertId: string; reason: DropReason }[];
}

/** The first time, those that need not be told any more are left out. */
export function freezeFirst(kind: DeliveryKind, members: readonly { alert: AlertFacts; isTold: boolean }[]): Frozen {
  const alerts: AlertFacts[] = [];
  const dropped: Frozen['dropped'] = [];
  for (const { alert, isTold } of members) {
    const reason = dropReason(kind, alert, isTold);
    if (reason) dropped.push({ alertId: alert.id, reason });
    else alerts.push(alert);
  }
  return { alerts: alerts.length > 0 || kind === 'test' ? alerts : null, dropped };
}

/**
 * A further attempt says the same as the first, unless nobody needs to be told any of it.
 * @param uncertain an earlier attempt may have arrived: then its end is to be told, so it is not taken back
 */
export function freezeAgain(kind: DeliveryKind, uncertain: boolean, alerts: readonly AlertFacts[]): Frozen {
  const opens = kind !== 'resolved' && kind !== 'test';
  const { dropped, alerts: left } = freezeFirst(kind, opens ? alerts.map((alert) => ({ alert, isTold: true })) : []);
  if (!opens || left !== null) return { alerts: [...alerts], dropped: [] };
  return { alerts: null, dropped: uncertain ? [] : dropped };
}

/** Why nothing is sent, for the log. */
export function cancelReason(dropped: Frozen['dropped']): string {
  const reasons = new Set(dropped.map(({ reason }) => reason));
  if (reasons.has('not_told')) return 'The receiver was not told that they fire.';
  if (reasons.has('acknowledged')) return 'Somebody has acknowledged its alerts.';
  if (reasons.has('suppressed')) return 'Its alerts are silenced or in maintenance.';
  return 'Its alerts have ended.';
}

/** What is said, in all attempts. */
export function composeMessage(
  draft: Draft,
  alerts: readonly AlertFacts[],
  publicUrl: string | undefined,
  now: Date,
): Message {
  const { id, kind, severity, groupKey: group_key, groupLabels: group_labels } = draft;
  const told = alerts.map((alert) => presentAlert(alert, kind === 'resolved' ? 'resolved' : 'firing'));
  return {
    id,
    kind,
    severity,
    group_key,
    group_labels,
    title: noticeTitle({ kind, alerts: told, group_labels }),
    alerts: told,
    external_url: publicUrl ?? null,
    created_at: now.toISOString(),
  };
}

function presentAlert(alert: AlertFacts, status: MessageAlert['status']): MessageAlert {
  const ended = status === 'resolved';
  return {
    id: alert.id,
    fingerprint: alert.fingerprint,
    rule_id: alert.ruleId,
    rule_name: alert.ruleName,
    severity: alert.severity,
    status,
    target_kind: alert.targetKind,
    target_name: alert.targetName,
    device_id: alert.deviceId,
    site_name: alert.siteName,
    labels: alert.labels,
    summary: alert.summary,
    value: alert.value,
    runbook_url: alert.runbookUrl,
    began_at: alert.beganAt.toISOString(),
    fired_at: (alert.firedAt ?? alert.resolvedAt ?? new Date(0)).toISOString(),
    resolved_at: ended ? (alert.resolvedAt?.toISOString() ?? null) : null,
    resolution: ended ? alert.resolution : null,
    resolved_by: ended ? alert.resolvedBy : null,
  };
}
