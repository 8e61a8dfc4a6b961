import type { SignalReading } from '../../metrics/signal-source.port.js';
import type { TargetKind } from '../../metrics/metric.js';
import type { Severity } from '../severity.js';
import type { Matcher } from './matcher.js';
import type { Acknowledgement, AlertEventKind, OpenAlert, OutboxKind, Resolution } from './alert.js';
import type { Inventory } from './inventory.js';
import type { Rule } from './rule.js';

/** A rule as a pass needs it, whether it is evaluated or not. */
export interface PassRule extends Rule {
  enabled: boolean;
  /** Why it was switched off by the evaluator; null: it was not. */
  brokenReason: string | null;
  /** Of all metrics of its condition. */
  targetKind: TargetKind;
}

export interface Silence {
  id: string;
  matchers: readonly Matcher[];
  startsAt: number;
  /** It holds before, not at. */
  endsAt: number;
}

/** An open alert as it is stored. What it says (`value`, `summary`, ...) is as of `evaluatedAt`. */
export interface StoredAlert extends OpenAlert {
  id: string;
  /** Which version of its row was read: it is only written over that one. */
  rowVersion: number;
  fingerprint: string;
  /** Null: the rule was deleted. */
  ruleId: string | null;
  targetKind: TargetKind;
  /** Of a device: its id. */
  targetKey: string;
  deviceNum: number | null;
  /** Of the face that it was written with; null: unknown. */
  faceKey: string | null;
  /** Needed of alerts that are not about a device: their target may not be readable now. May be null for devices. */
  labels: Readonly<Record<string, string>> | null;
  value: number | null;
  summary: string;
  /** As of {@link NewAlert}; absent: when its condition began to hold. */
  beganAt?: number;
}

/** A sticky acknowledgement of an alert that is resolved: the newest of its rule and target. See `inheritedAck` for how long it holds. */
export interface LeftAck {
  ack: Acknowledgement;
  resolvedAt: number;
}

/** All that one pass judges by. */
export interface PassInput {
  /** Ms since the epoch, by the database. */
  now: number;
  /** All rules, also disabled and broken ones: what is not among them is left alone (the list may be older than the alert). */
  rules: readonly PassRule[];
  /** Why rules cannot be evaluated, by their id, such as a stored condition or scope that is no such thing. They are broken by it. */
  faults?: ReadonlyMap<string, string>;
  /** Devices and which rules are about which. */
  inventory: Inventory;
  readings: readonly SignalReading[];
  /** {@link signalKey} of those whose source failed to be read. Unknown for that reason never changes an alert. */
  failedSignals: ReadonlySet<string>;
  /** Devices in maintenance, by their number. */
  maintenance: ReadonlyMap<number, { until: Date }>;
  /** Those that have not ended; also those that are still to begin. */
  silences: readonly Silence[];
  open: readonly StoredAlert[];
  /** By `ackKey`. */
  leftAcks: ReadonlyMap<string, LeftAck>;
}

/** What an alert says, apart from its state: columns of `alerts`. */
export interface AlertFace {
  /** Changes with all of it but `value` and `summary`. */
  key: string;
  ruleName: string;
  ruleVersion: number;
  severity: Severity;
  targetKind: TargetKind;
  targetKey: string;
  targetName: string;
  deviceNum: number | null;
  deviceId: string | null;
  siteId: string | null;
  siteName: string | null;
  /**
   * Those that there are of: rule, severity, target, target_kind, device, device_id, ip, check_kind, site, region, tag (all of them,
   * with a comma between), those of the target, those of the rule.
   */
  labels: Record<string, string>;
  value: number | null;
  summary: string;
  runbookUrl: string | null;
}

export interface AlertEvent {
  kind: AlertEventKind;
  at: number;
  /** Null: the evaluator. */
  actor: string | null;
  detail: Record<string, unknown> | null;
}

/** What happened in a step. `outbox`: what must be told; at most one a step. */
export interface Happening {
  events: AlertEvent[];
  outbox: OutboxKind | null;
}

/** To be inserted; its id is the caller's to give. Does nothing if the fingerprint is open already. */
export interface NewAlert extends Happening {
  fingerprint: string;
  ruleId: string;
  /** JSON object of the rule's `group_by` with what it is of this alert, such as `{"site":"0f8e2c5e-…"}`. */
  groupKey: string;
  face: AlertFace;
  /** Since when its trouble has been there, which may be before the condition held. */
  beganAt: number;
  state: OpenAlert;
}

/** Still open, to be updated. */
export interface ChangedAlert extends Happening {
  before: StoredAlert;
  state: OpenAlert;
  /** Null: what it says stays as it is. */
  face: AlertFace | null;
}

export interface ResolvedAlert extends Happening {
  /** It is firing: pending ones are dropped instead. */
  before: StoredAlert;
  /** Last state: acknowledgement and suppression stay on it. */
  state: OpenAlert;
  resolvedAt: number;
  resolution: Resolution;
}

export interface BrokenRule {
  ruleId: string;
  version: number;
  reason: string;
}

/** What is to be written. All empty when there is no news. */
export interface PassOutcome {
  opened: NewAlert[];
  changed: ChangedAlert[];
  resolved: ResolvedAlert[];
  /** Pending alerts that are to be deleted. */
  dropped: StoredAlert[];
  /** To be disabled, with the reason. Their alerts are resolved by the pass that finds them so. */
  broken: BrokenRule[];
  /** When a timer ripens or a threshold on time is crossed, if nothing else happens; always after `now`. Null: never. */
  nextDueAt: number | null;
  /** What was looked at, for the log and figures. */
  tally: { rules: number; verdicts: number };
}
