import type { OpenAlert, OutboxKind, Resolution } from '../engine/alert.js';
import type { AlertEvent, AlertFace, BrokenRule, Happening, PassOutcome, StoredAlert } from '../engine/pass.js';
import { severityRank } from '../severity.js';

/** So many alerts are changed by one pass at most; what is left over is done by the next one, at once. */
export const MAX_CHANGES = 10_000;
/** For each step that a severity is below the worst, so much of the room for open alerts is not for it. */
export const ROOM_KEPT = 2_500;

/** Columns of `alerts`; those that are missing stay as they are. */
type Columns = { fingerprint: string; rule_id: string | null; group_key: string; began_at: number } & ReturnType<
  typeof targetColumns
> &
  ReturnType<typeof faceColumns> &
  ReturnType<typeof stateColumns> & { resolved_at: number; resolution: Resolution };

/** What is done to a row of `alerts`. */
interface AlertWrite extends Partial<Columns> {
  op: 'open' | 'change' | 'drop';
  id: string;
  /** Of the row that was read. */
  version?: number;
  /** Whether it says something new. */
  faced?: boolean;
}

/** All that a pass writes, as the one statement wants it. */
export interface PassWrite {
  alerts: AlertWrite[];
  events: { alert_id: string; at: number; kind: string; actor: string | null; detail: object | null }[];
  outbox: { alert_id: string; kind: OutboxKind; at: number }[];
  broken: { id: string; version: number; reason: string }[];
  /** Whether something had to be left for the next pass. */
  isCut: boolean;
  /** Whether something is not opened for want of room. */
  isFull: boolean;
}

/**
 * @param room how many alerts may be opened. The worst come first, and the last of it is theirs: a rule that goes wrong shuts out none
 *   that is worse.
 * @param newId a UUID
 */
export function passWrite(
  outcome: PassOutcome,
  { now, room, newId }: { now: number; room: number; newId: () => string },
): PassWrite {
  const opened = fitting(outcome.opened, room);
  const write: PassWrite = {
    alerts: [],
    events: [],
    outbox: [],
    broken: outcome.broken.map(brokenRow),
    isCut: false,
    isFull: opened.length < outcome.opened.length,
  };
  const add = (row: AlertWrite, happening: Happening | null): void => {
    if (write.alerts.length >= MAX_CHANGES) {
      write.isCut = true;
      return;
    }
    write.alerts.push(row);
    if (!happening) return;
    write.events.push(...happening.events.map((event) => eventRow(row.id, event)));
    if (happening.outbox) write.outbox.push({ alert_id: row.id, kind: happening.outbox, at: now });
  };
  for (const each of outcome.resolved) {
    const { state, resolvedAt, resolution } = each;
    add({ ...changeOf(each.before), ...stateColumns(state, 'resolved'), resolved_at: resolvedAt, resolution }, each);
  }
  for (const each of outcome.changed) {
    const face = each.face ? { faced: true, ...faceColumns(each.face) } : {};
    // An acknowledgement that is taken over leaves where it was.
    const from = each.state.ack?.sticky ? ackColumns(each.before) : {};
    add({ ...changeOf(each.before), ...from, ...stateColumns(each.state), ...face }, each);
  }
  for (const before of outcome.dropped) add({ ...changeOf(before), op: 'drop' }, null);
  for (const each of opened) {
    const { fingerprint, ruleId, groupKey, face, state, beganAt } = each;
    const fixed = { fingerprint, rule_id: ruleId, group_key: groupKey, began_at: beganAt, ...targetColumns(face) };
    add({ op: 'open', id: newId(), ...fixed, ...faceColumns(face), ...stateColumns(state) }, each);
  }
  return write;
}

/** Those that there is room for, the worst first. */
function fitting(opened: PassOutcome['opened'], room: number): PassOutcome['opened'] {
  const rankOf = ({ face }: PassOutcome['opened'][number]) => severityRank(face.severity);
  // The worse it is the more room there is: once there is none for one, there is none for those after it.
  return opened
    .toSorted((a, b) => rankOf(a) - rankOf(b))
    .filter((alert, place) => place < room - rankOf(alert) * ROOM_KEPT);
}

function changeOf(before: StoredAlert): AlertWrite {
  return { op: 'change', id: before.id, fingerprint: before.fingerprint, version: before.rowVersion };
}

function ackColumns({ ruleId, targetKind, targetKey }: StoredAlert) {
  return { rule_id: ruleId, target_kind: targetKind, target_key: targetKey };
}

function targetColumns({ targetKind, targetKey, deviceNum, deviceId }: AlertFace) {
  return { target_kind: targetKind, target_key: targetKey, device_num: deviceNum, device_id: deviceId };
}

function faceColumns(face: AlertFace) {
  return {
    rule_name: face.ruleName,
    rule_version: face.ruleVersion,
    severity: face.severity,
    target_name: face.targetName,
    site_id: face.siteId,
    site_name: face.siteName,
    labels: face.labels,
    value: face.value,
    summary: face.summary,
    runbook_url: face.runbookUrl,
    face_key: face.key,
  };
}

function stateColumns(alert: OpenAlert, state: OpenAlert['state'] | 'resolved' = alert.state) {
  const { ack, suppression } = alert;
  return {
    state,
    pending_since: alert.pendingSince,
    fired_at: alert.firedAt,
    clear_since: alert.clearSince,
    recovering_since: alert.recoveringSince,
    ack_by: ack?.by ?? null,
    ack_at: ack?.at ?? null,
    ack_until: ack?.until ?? null,
    ack_sticky: ack?.sticky ?? false,
    ack_comment: ack?.comment ?? null,
    suppressed_by: suppression?.by ?? null,
    suppressed_id: suppression?.id ?? null,
    announced_at: alert.announcedAt,
    evaluated_at: alert.evaluatedAt,
  };
}

function eventRow(alertId: string, { kind, at, actor, detail }: AlertEvent): PassWrite['events'][number] {
  return { alert_id: alertId, at, kind, actor, detail };
}

function brokenRow({ ruleId, version, reason }: BrokenRule): PassWrite['broken'][number] {
  return { id: ruleId, version, reason };
}
