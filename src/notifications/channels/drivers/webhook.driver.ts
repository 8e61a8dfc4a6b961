import { Injectable } from '@nestjs/common';
import { ChannelDriver, type DeliveryOutcome, type Message, type OpenedChannel } from '../channel-driver.port.js';
import { webhookConfig } from '../config/channel-config.dto.js';
import { alertmanagerPayload } from '../messages/alertmanager-payload.js';
import { signature, webhookPayload } from '../messages/webhook-payload.js';
import { JsonPoster } from './json-poster.driver.js';

/** JSON to whoever takes it, signed when there is a secret. */
@Injectable()
export class WebhookDriver extends ChannelDriver {
  readonly kind = 'webhook';

  constructor(private readonly poster: JsonPoster) {
    super();
  }

  send(message: Message, channel: OpenedChannel, signal: AbortSignal): Promise<DeliveryOutcome> {
    const { url, secret, format, headers } = webhookConfig.parse(channel.config);
    const payload = format === 'alertmanager' ? alertmanagerPayload(message, channel.name) : webhookPayload(message);
    const body = JSON.stringify(payload);
    const own = {
      'idempotency-key': message.id,
      'x-swarmward-delivery': message.id,
      'x-swarmward-event': message.kind,
      ...(secret && { 'x-swarmward-signature': signature(secret, body, Math.floor(Date.now() / 1_000)) }),
    };
    return this.poster.post({ url, body, headers: { ...headers, ...own } }, this.kind, channel, signal);
  }
}
