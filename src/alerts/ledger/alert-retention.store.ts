import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** What has its retention; alerts before the deliveries that they remember. */
export const PRUNED = ['outbox', 'alerts', 'deliveries', 'silences'] as const;
export type Pruned = (typeof PRUNED)[number];

/** Days that the outbox keeps what was taken from it, for who looks into why somebody was told. */
const OUTBOX_KEPT_DAYS = 7;

const UNDELIVERED = `('waiting', 'sending', 'retrying')`;

/**
 * Ids of what may go, the oldest first: `$1` days, `$2` how many. Nothing goes that somebody is still to be told of: an alert with an
 * untaken row of the outbox, or in a delivery under way.
 */
const GONE: Record<Pruned, string> = {
  outbox: `DELETE FROM alert_outbox WHERE id IN (
    SELECT id FROM alert_outbox WHERE taken_at < now() - make_interval(days => least($1, ${OUTBOX_KEPT_DAYS})) ORDER BY id LIMIT $2)`,
  // One that an alert remembers is part of what was told of it, and says to whom its end is to be told.
  deliveries: `DELETE FROM deliveries WHERE id IN (
    SELECT v.id FROM deliveries v WHERE v.created_at < now() - make_interval(days => $1) AND v.state NOT IN ${UNDELIVERED}
      AND coalesce(v.finished_at, v.created_at) < now() - make_interval(days => $1)
      AND NOT EXISTS (SELECT FROM delivery_alerts m WHERE m.delivery_id = v.id) ORDER BY v.created_at, v.id LIMIT $2)`,
  alerts: `DELETE FROM alerts WHERE id IN (
    SELECT a.id FROM alerts a WHERE a.resolved_at < now() - make_interval(days => $1) AND a.state = 'resolved'
      -- It would hold for the next alert of its kind.
      AND NOT (a.ack_sticky AND coalesce(a.ack_until > now(), false))
      AND NOT EXISTS (SELECT FROM alert_outbox o WHERE o.alert_id = a.id AND o.taken_at IS NULL)
      AND NOT EXISTS (SELECT FROM delivery_alerts m JOIN deliveries v ON v.id = m.delivery_id
                      WHERE m.alert_id = a.id AND v.state IN ${UNDELIVERED})
    ORDER BY a.resolved_at LIMIT $2)`,
  silences: `DELETE FROM silences WHERE id IN (
    SELECT id FROM silences WHERE ends_at < now() - make_interval(days => $1) ORDER BY ends_at LIMIT $2)`,
};

/** Removes what alerts leave behind. Events go with their alert, attempts with their delivery. */
@Injectable()
export class AlertRetention {
  constructor(private readonly database: DataSource) {}

  /**
   * What is older than `days`, at most `limit` in one short statement.
   * @returns how many; fewer than `limit` when nothing is left to remove
   */
  async prune(what: Pruned, days: number, limit: number): Promise<number> {
    const [row] = await this.database.query<[{ gone: number }]>(
      `WITH gone AS (${GONE[what]} RETURNING 1) SELECT count(*)::int AS gone FROM gone`,
      [days, limit],
    );
    return row.gone;
  }
}
