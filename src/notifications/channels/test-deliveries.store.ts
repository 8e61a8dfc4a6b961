import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { encodeNotice, NOTICE_CHANNEL } from '../../platform/events/notice.js';

/** For an hour: whoever asked for it will not look later. */
const GIVE_UP = "interval '1 hour'";

/** Asks the dispatcher to send something to a channel, so that somebody sees that it arrives. */
@Injectable()
export class TestDeliveries {
  /**
   * Made at once, also to a channel that is disabled, and whatever the hour. How it went is in the delivery log.
   * @param actor who asked
   * @param manager of the transaction that audits it
   * @returns the id of the delivery; null when there is no such channel
   */
  async request(channelId: string, actor: string | null, manager: EntityManager): Promise<string | null> {
    const [made] = await manager.query<{ id: string }[]>(
      `WITH made AS (
         INSERT INTO deliveries (channel_id, channel_name, channel_kind, kind, severity, group_key, next_attempt_at, give_up_at, requested_by,
           asked)
         SELECT id, name, kind, 'test', 'info', 'test', now(), now() + ${GIVE_UP}, $2::text, true FROM channels WHERE id = $1 FOR KEY SHARE
         RETURNING id)
       SELECT made.id FROM made, pg_notify($3, $4)`,
      [channelId, actor, NOTICE_CHANNEL, encodeNotice({ kind: 'deliveries_due' })],
    );
    return made?.id ?? null;
  }
}
