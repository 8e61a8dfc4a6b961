import { Injectable } from '@nestjs/common';
import { ChannelDriver, type DeliveryOutcome, type Message, type OpenedChannel } from '../channel-driver.port.js';
import { telegramConfig } from '../config/channel-config.dto.js';
import { telegramPayload } from '../messages/telegram-payload.js';
import { withAskedPause } from './asked-pause.js';
import { JsonPoster } from './json-poster.driver.js';

/** A bot of Telegram. */
@Injectable()
export class TelegramDriver extends ChannelDriver {
  readonly kind = 'telegram';

  constructor(private readonly poster: JsonPoster) {
    super();
  }

  async send(message: Message, channel: OpenedChannel, signal: AbortSignal): Promise<DeliveryOutcome> {
    const config = telegramConfig.parse(channel.config);
    const url = `${config.base_url.replace(/\/+$/, '')}/bot${config.bot_token}/sendMessage`;
    return withAskedPause(
      await this.poster.post({ url, body: telegramPayload(message, config) }, this.kind, channel, signal),
    );
  }
}
