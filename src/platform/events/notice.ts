import { z } from 'zod';

/** The channel of PostgreSQL's NOTIFY on which the processes tell each other. */
export const NOTICE_CHANNEL = 'swarmward_events';
/** PostgreSQL refuses a payload of 8,000 bytes. */
export const MAX_NOTICE_BYTES = 7_900;

/**
 * What processes tell each other. A notice is a hint that something is there to be read, not the thing itself: it may be lost, and
 * whoever hears it reads the truth from the tables.
 */
const noticeSchema = z.discriminatedUnion('kind', [
  /** The results of a cycle were committed. */
  z.object({
    kind: z.literal('probe_cycle'),
    cycle: z.string(),
    shard: z.int(),
    due_at: z.string(),
    /** Ids of the rows that it added to `state_events`; null when no device changed its state. */
    events: z.object({ first: z.number(), last: z.number(), count: z.number() }).nullable(),
  }),
  /** A picture of the swarm was published. */
  z.object({ kind: z.literal('swarm_published'), revision: z.string() }),
  /** A refresh of the swarm failed, so that the last picture is stale. */
  z.object({ kind: z.literal('swarm_refresh_failed') }),
  /** Devices, sites, groups, profiles or names of credentials changed: what was kept of them is old. */
  z.object({ kind: z.literal('inventory_changed') }),
  /** Maintenance windows changed. */
  z.object({ kind: z.literal('maintenance_changed') }),
  /** Alerts changed: ids of the rows added to `alert_events`. */
  z.object({ kind: z.literal('alerts_changed'), first: z.number(), last: z.number(), count: z.number() }),
  /** Nobody was told of alerts that were said to be told: whoever decides that decides again. */
  z.object({ kind: z.literal('alerts_untold') }),
  /** Alert rules changed. */
  z.object({ kind: z.literal('alert_rules_changed') }),
  /** Silences changed. */
  z.object({ kind: z.literal('silences_changed') }),
  /** Channels or notification routes changed. */
  z.object({ kind: z.literal('channels_changed') }),
  /** There is something in the outbox, or a delivery to be made. */
  z.object({ kind: z.literal('deliveries_due') }),
  /** An announced job began, got on or ended. */
  z.object({
    kind: z.literal('job'),
    id: z.string(),
    name: z.string(),
    state: z.enum(['active', 'waiting', 'completed', 'failed']),
    progress: z.record(z.string(), z.unknown()).nullable(),
  }),
]);

export type Notice = z.output<typeof noticeSchema>;
export type NoticeKind = Notice['kind'];
export type NoticeOf<Kind extends NoticeKind> = Extract<Notice, { kind: Kind }>;

/** More would be refused by PostgreSQL, and with it the transaction. */
export class NoticeTooLargeError extends Error {
  override readonly name = 'NoticeTooLargeError';
}

/**
 * The payload of a notice, for statements that tell it themselves: `SELECT … pg_notify('swarmward_events', $n)`.
 * @throws NoticeTooLargeError over {@link MAX_NOTICE_BYTES}: tell ids, not contents
 */
export function encodeNotice(notice: Notice): string {
  const text = JSON.stringify(notice);
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_NOTICE_BYTES) return text;
  throw new NoticeTooLargeError(
    `A notice ${notice.kind} of ${bytes} bytes cannot be told: the limit is ${MAX_NOTICE_BYTES}`,
  );
}

/** @returns null for what is no notice of this version: another one may run beside it during an upgrade */
export function decodeNotice(payload: string | undefined): Notice | null {
  let value: unknown;
  try {
    value = JSON.parse(payload ?? '');
  } catch {
    return null;
  }
  const parsed = noticeSchema.safeParse(value);
  return parsed.success ? parsed.data : null;
}
