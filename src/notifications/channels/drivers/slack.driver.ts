import { Injectable } from '@nestjs/common';
import { ChannelDriver, type DeliveryOutcome, type Message, type OpenedChannel } from '../channel-driver.port.js';
import { slackConfig } from '../config/channel-config.dto.js';
import { slackPayload } from '../messages/slack-payload.js';
import { JsonPoster } from './json-poster.driver.js';

/** Slack's incoming webhooks, and what takes the same. */
@Injectable()
export class SlackDriver extends ChannelDriver {
  readonly kind = 'slack';

  constructor(private readonly poster: JsonPoster) {
    super();
  }

  send(message: Message, channel: OpenedChannel, signal: AbortSignal): Promise<DeliveryOutcome> {
    const { url } = slackConfig.parse(channel.config);
    return this.poster.post({ url, body: slackPayload(message) }, this.kind, channel, signal);
  }
}
