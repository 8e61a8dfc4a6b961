import type { OutboxKind } from '../../alerts/engine/alert.js';
import type { Severity } from '../../alerts/severity.js';

export const CHANNEL_KINDS = ['webhook', 'email', 'slack', 'discord', 'telegram', 'teams', 'pagerduty'] as const;
export type ChannelKind = (typeof CHANNEL_KINDS)[number];

/** One alert of a message, as it was when the message was made. Instants ISO-8601 UTC. Kept as JSON in `deliveries.content`. */
export interface MessageAlert {
  id: string;
  fingerprint: string;
  rule_id: string | null;
  rule_name: string;
  severity: Severity;
  status: 'firing' | 'resolved';
  target_kind: string;
  target_name: string;
  device_id: string | null;
  site_name: string | null;
  labels: Record<string, string>;
  summary: string;
  value: number | null;
  runbook_url: string | null;
  /** Since when its trouble has been there, as `{{since}}` has it: not after it fired. */
  began_at: string;
  fired_at: string;
  resolved_at: string | null;
  /** Why it ended; null while it fires. */
  resolution: string | null;
  /** Who ended it by hand. */
  resolved_by: string | null;
}

/** What a channel is to say. The same for every attempt of a delivery. */
export interface Message {
  /** The idempotency key: of all attempts of one delivery, and of no other. */
  id: string;
  kind: OutboxKind | 'escalation' | 'test';
  severity: Severity;
  /** What its alerts have in common, such as `{ "site": "Berlin" }`. */
  group_key: string;
  group_labels: Record<string, string>;
  /** One line for people: `12 alerts in Berlin: Device down`. */
  title: string;
  /** Never empty but for a test. */
  alerts: MessageAlert[];
  /** Where people see them; null when SWARMWARD_PUBLIC_URL is not set. */
  external_url: string | null;
  created_at: string;
}

/** What is known after one attempt. */
export type DeliveryOutcome =
  | { outcome: 'delivered'; status: number | null; response: string | null }
  /** Not delivered. `permanent`: it would surely be the same tomorrow, such as a message that the receiver calls invalid. */
  | {
      outcome: 'refused';
      permanent: boolean;
      /** A part of it arrived, such as at one of several addresses: then its end is told as well. */
      partly?: boolean;
      status: number | null;
      error: string;
      response: string | null;
      retryAfterSeconds: number | null;
    }
  /** It may have arrived: no answer in time, the connection broke after the request was sent, or a proxy answered for the receiver. */
  | { outcome: 'unknown'; error: string };

/** A channel as a driver needs it, its secrets opened. */
export interface OpenedChannel {
  id: string;
  name: string;
  /** By the schema of its kind, secrets among them. */
  config: Record<string, unknown>;
}

/** How messages get to one kind of receiver. A driver is one file; retries, order and the log are the dispatcher's. */
export abstract class ChannelDriver {
  abstract readonly kind: ChannelKind;

  /**
   * One attempt.
   * @param signal aborted when its time is up: return what is known then
   * @returns always; only a broken driver throws, which counts as unknown. Errors and responses hold no secrets.
   */
  abstract send(message: Message, channel: OpenedChannel, signal: AbortSignal): Promise<DeliveryOutcome>;
}
