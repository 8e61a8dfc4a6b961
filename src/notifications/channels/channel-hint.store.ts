import type { DataSource } from 'typeorm';

const SOMEBODY = `
  SELECT count(*) > 0 AS channel,
         coalesce(bool_or(is_default
           OR EXISTS (SELECT FROM notification_routes r WHERE r.enabled AND c.id = ANY (r.channel_ids))
           OR EXISTS (SELECT FROM alert_rules a WHERE a.enabled AND c.id = ANY (a.channel_ids))), false) AS told
  FROM channels c WHERE enabled`;

/** For who starts it: whether alerts reach anybody. @returns null when they do */
export async function channelHint(database: Pick<DataSource, 'query'>): Promise<string | null> {
  const [row] = await database.query<{ channel: boolean; told: boolean }[]>(SOMEBODY);
  if (row?.told) return null;
  return row?.channel
    ? 'Nobody is told of alerts: no channel is the default one. PATCH /api/v1/channels/{id} with {"is_default": true}'
    : 'Nobody is told of alerts yet: add a channel with POST /api/v1/channels and "is_default": true';
}
