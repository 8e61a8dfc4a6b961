import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** Ends what has not been sent. */
@Injectable()
export class CancelDeliveries {
  /**
   * Before a channel is deleted: what waits for it is cancelled, and routes name it no more. An attempt under way is not called back.
   * @param manager of the transaction that deletes it
   * @returns how many deliveries were cancelled
   */
  async ofChannel(channelId: string, manager: EntityManager): Promise<number> {
    const [counted] = await manager.query<[{ cancelled: number }]>(
      `WITH cancelled AS (
         UPDATE deliveries SET state = 'cancelled', finished_at = now(), locked_until = NULL, last_error = 'The channel was deleted.'
         WHERE channel_id = $1 AND state IN ('waiting', 'sending', 'retrying') RETURNING 1),
       routes AS (
         UPDATE notification_routes SET channel_ids = array_remove(channel_ids, $1::uuid),
           escalate_channel_ids = array_remove(escalate_channel_ids, $1::uuid), updated_at = now()
         WHERE $1::uuid = ANY (channel_ids || escalate_channel_ids))
       SELECT count(*)::int AS cancelled FROM cancelled`,
      [channelId],
    );
    return counted.cancelled;
  }
}
