/** Why an alert does not open or is not told. The first that applies, in this order. */
export const SUPPRESSIONS = ['maintenance', 'parent', 'flapping', 'silence'] as const;
export type SuppressionKind = (typeof SUPPRESSIONS)[number];
export interface Suppression {
  by: SuppressionKind;
  /** Of the silence. */
  id: string | null;
}

/** Who knows of it already. */
export interface Acknowledgement {
  by: string;
  at: number;
  /** Null: until it is resolved. */
  until: number | null;
  /** Holds also for the same alert when it opens again: until `until`, or for a day. */
  sticky: boolean;
  comment: string | null;
}

/** Why an alert ended. */
export const RESOLUTIONS = [
  'recovered',
  'manual',
  'rule_deleted',
  'rule_disabled',
  'rule_broken',
  'target_gone',
  'out_of_scope',
] as const;
export type Resolution = (typeof RESOLUTIONS)[number];

/** Kinds of `alert_events`. */
export const ALERT_EVENT_KINDS = [
  'fired',
  'resolved',
  'suppressed',
  'unsuppressed',
  'acknowledged',
  'unacknowledged',
  'ack_expired',
] as const;
export type AlertEventKind = (typeof ALERT_EVENT_KINDS)[number];

/** What must be told: a row of `alert_outbox`. `reminder`: it fires still, and an acknowledgement has ended. */
export type OutboxKind = 'firing' | 'resolved' | 'reminder';

/** An alert that is not resolved, as far as transitions need it. Instants in ms since the epoch. */
export interface OpenAlert {
  state: 'pending' | 'firing';
  pendingSince: number;
  firedAt: number | null;
  /** Since when the condition has not held; null while it holds. */
  clearSince: number | null;
  /** Since when the recovery has held. */
  recoveringSince: number | null;
  ack: Acknowledgement | null;
  suppression: Suppression | null;
  /** When its opening was given to the outbox; null: nobody was told. */
  announcedAt: number | null;
  evaluatedAt: number;
}
