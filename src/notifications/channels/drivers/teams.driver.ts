import { Injectable } from '@nestjs/common';
import { ChannelDriver, type DeliveryOutcome, type Message, type OpenedChannel } from '../channel-driver.port.js';
import { teamsConfig } from '../config/channel-config.dto.js';
import { teamsPayload } from '../messages/teams-payload.js';
import { JsonPoster } from './json-poster.driver.js';

/** A workflow of Microsoft Teams that posts the card it is sent. */
@Injectable()
export class TeamsDriver extends ChannelDriver {
  readonly kind = 'teams';

  constructor(private readonly poster: JsonPoster) {
    super();
  }

  send(message: Message, channel: OpenedChannel, signal: AbortSignal): Promise<DeliveryOutcome> {
    const { url } = teamsConfig.parse(channel.config);
    return this.poster.post({ url, body: teamsPayload(message) }, this.kind, channel, signal);
  }
}
