import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/**
 * Of alerts that fire and that only what was `cancelled` would have told somebody of: they wait for another channel, or for the same when it
 * is switched on again.
 */
const UNTOLD = `
  UPDATE alerts SET untold_at = clock_timestamp(), updated_at = now() WHERE id IN (
    SELECT a.id FROM alerts a
    WHERE a.state = 'firing' AND a.announced_at IS NOT NULL AND a.untold_at IS NULL
    AND a.id IN (SELECT m.alert_id FROM delivery_alerts m JOIN cancelled c ON c.id = m.delivery_id WHERE m.dropped IS NULL)
    AND NOT EXISTS (
      SELECT FROM delivery_alerts m JOIN deliveries d ON d.id = m.delivery_id
      WHERE m.alert_id = a.id AND m.dropped IS NULL AND d.kind <> 'resolved' AND (
        d.state = 'delivered' OR d.uncertain
        OR (d.state IN ('waiting', 'sending', 'retrying') AND d.id NOT IN (SELECT id FROM cancelled))))
    ORDER BY a.id FOR NO KEY UPDATE OF a)`;

/** Ends what has not been sent. */
@Injectable()
export class CancelDeliveries {
  /**
   * Before a channel is deleted: what waits for it is cancelled, and routes name it no more. An attempt under way is not called back.
   * @param manager of the transaction that deletes it, and has locked it: nobody makes a delivery for it any more
   * @returns how many deliveries were cancelled
   */
  async ofChannel(channelId: string, manager: EntityManager): Promise<number> {
    const [counted] = await manager.query<[{ cancelled: number }]>(
      `WITH picked AS (
         SELECT id FROM deliveries WHERE channel_id = $1 AND state IN ('waiting', 'sending', 'retrying') ORDER BY num FOR UPDATE),
       cancelled AS (
         UPDATE deliveries SET state = 'cancelled', finished_at = now(), locked_until = NULL, last_error = 'The channel was deleted.'
         WHERE id IN (SELECT id FROM picked) RETURNING id),
       untold AS (${UNTOLD}),
       routes AS (
         UPDATE notification_routes SET channel_ids = array_remove(channel_ids, $1::uuid),
           escalate_channel_ids = array_remove(escalate_channel_ids, $1::uuid), updated_at = now()
         WHERE $1::uuid = ANY (channel_ids || escalate_channel_ids))
       SELECT count(*)::int AS cancelled FROM cancelled`,
      [channelId],
    );
    return counted.cancelled;
  }

  /**
   * What says that something fires does not wait for a channel that is switched off. That it is over does: who was told that it fires is
   * told that when the channel is switched on again within a day. One statement.
   */
  async ofDisabled(manager: EntityManager): Promise<void> {
    await manager.query(
      `WITH picked AS (
         SELECT d.id FROM deliveries d JOIN channels c ON c.id = d.channel_id AND NOT c.enabled
         WHERE d.kind IN ('firing', 'reminder', 'escalation') AND d.state IN ('waiting', 'retrying') ORDER BY d.num FOR UPDATE OF d),
       cancelled AS (
         UPDATE deliveries SET state = 'cancelled', finished_at = now(), last_error = 'The channel is switched off.'
         WHERE id IN (SELECT id FROM picked) RETURNING id)
       ${UNTOLD}`,
    );
  }
}
