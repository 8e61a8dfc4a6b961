import { createHmac } from 'node:crypto';
import type { Message } from '../channel-driver.port.js';

const STATUS: Partial<Record<Message['kind'], string>> = { resolved: 'resolved', test: 'test' };

/** The body of a webhook in the format `swarmward`, as docs/alerts.md has it. */
export function webhookPayload(message: Message): object {
  return { version: 1, status: STATUS[message.kind] ?? 'firing', ...message };
}

/**
 * `t=<seconds>,v1=<hex>`: HMAC-SHA256 of `<seconds>.<body>`. The time is signed as well, so that what was overheard cannot be sent again
 * later.
 * @param seconds since the epoch
 */
export function signature(secret: string, body: string, seconds: number): string {
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
}
