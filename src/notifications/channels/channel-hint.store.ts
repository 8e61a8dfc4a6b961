import type { DataSource } from 'typeorm';

const SOMEBODY = `
  SELECT EXISTS (SELECT FROM channels WHERE enabled) AS channel,
         EXISTS (SELECT FROM channels WHERE enabled AND is_default)
           OR EXISTS (SELECT FROM notification_routes WHERE enabled AND channel_ids <> '{}')
           OR EXISTS (SELECT FROM alert_rules WHERE enabled AND channel_ids <> '{}') AS told`;

/** For who starts it: whether alerts reach anybody. @returns null when they do */
export async function channelHint(database: DataSource): Promise<string | null> {
  const [row] = await database.query<{ channel: boolean; told: boolean }[]>(SOMEBODY);
  if (row?.told) return null;
  return row?.channel
    ? 'Nobody is told of alerts: no channel is the default one. PATCH /api/v1/channels/{id} with {"is_default": true}'
    : 'Nobody is told of alerts yet: add a channel with POST /api/v1/channels and "is_default": true';
}
