import { Injectable } from '@nestjs/common';
import { ChannelDriver, type DeliveryOutcome, type Message, type OpenedChannel } from '../channel-driver.port.js';
import { discordConfig } from '../config/channel-config.dto.js';
import { discordPayload } from '../messages/discord-payload.js';
import { JsonPoster } from './json-poster.driver.js';
import { withAskedPause } from './asked-pause.js';

/** Discord's webhooks. */
@Injectable()
export class DiscordDriver extends ChannelDriver {
  readonly kind = 'discord';

  constructor(private readonly poster: JsonPoster) {
    super();
  }

  async send(message: Message, channel: OpenedChannel, signal: AbortSignal): Promise<DeliveryOutcome> {
    const url = new URL(discordConfig.parse(channel.config).url);
    // Else it answers before the message is stored.
    url.searchParams.set('wait', 'true');
    const body = discordPayload(message);
    return withAskedPause(await this.poster.post({ url: url.href, body }, this.kind, channel, signal));
  }
}
