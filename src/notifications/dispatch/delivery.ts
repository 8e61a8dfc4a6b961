import type { OutboxKind } from '../../alerts/engine/alert.js';
import type { Severity } from '../../alerts/severity.js';

/** What a delivery says. */
export const DELIVERY_KINDS = ['firing', 'resolved', 'reminder', 'escalation', 'test'] as const;
export type DeliveryKind = (typeof DELIVERY_KINDS)[number];
export type NoticeKind = OutboxKind | 'escalation';

export const DELIVERY_STATES = ['waiting', 'sending', 'retrying', 'delivered', 'failed', 'cancelled'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** Why an alert that was to be in a delivery is not. */
export const DROP_REASONS = ['resolved', 'acknowledged', 'suppressed', 'not_told'] as const;
export type DropReason = (typeof DROP_REASONS)[number];

/** A delivery that gathers alerts until it goes out. */
export interface Gathering {
  id: string;
  channelId: string;
  groupKey: string;
  kind: NoticeKind;
  severity: Severity;
  /** When it goes out, ms since the epoch. */
  at: number;
  held: boolean;
  members: number;
}

/** That an alert is, or is to be, in a delivery that says it fires. */
export interface Opening {
  alertId: string;
  deliveryId: string;
  channelId: string;
  channelName: string;
  channelKind: string;
  kind: Exclude<NoticeKind, 'resolved'>;
  state: DeliveryState;
  uncertain: boolean;
  groupKey: string;
  groupLabels: Record<string, string>;
}

/** Whether it will not be sent any more. */
export function isFinal(state: DeliveryState): boolean {
  return state === 'delivered' || state === 'failed' || state === 'cancelled';
}

/** Whether the receiver knows of it, or may: then the end is told as well. */
export function mayHaveArrived({ state, uncertain }: Pick<Opening, 'state' | 'uncertain'>): boolean {
  return state === 'delivered' || uncertain;
}
