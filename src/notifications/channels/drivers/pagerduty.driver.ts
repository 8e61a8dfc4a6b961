import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { ChannelDriver, type DeliveryOutcome, type Message, type OpenedChannel } from '../channel-driver.port.js';
import { pagerdutyConfig } from '../config/channel-config.dto.js';
import { type PagerdutyEvent, pagerdutyEvents } from '../messages/pagerduty-payload.js';
import { JsonPoster } from './json-poster.driver.js';

const AT_ONCE = 4;
/** Deliveries of which is known what PagerDuty has already. */
const REMEMBERED = 200;

/**
 * Events API v2, an event for each alert. What was accepted is not sent again by the next attempt: PagerDuty takes about 120 events a
 * minute, so that a large group needs several. After a restart some are sent again, which their keys make harmless.
 */
@Injectable()
export class PagerdutyDriver extends ChannelDriver {
  readonly kind = 'pagerduty';
  private readonly accepted = new LRUCache<string, Set<string>>({ max: REMEMBERED });

  constructor(private readonly poster: JsonPoster) {
    super();
  }

  async send(message: Message, channel: OpenedChannel, signal: AbortSignal): Promise<DeliveryOutcome> {
    const { routing_key: routingKey, base_url: base } = pagerdutyConfig.parse(channel.config);
    const url = `${base.replace(/\/+$/, '')}/v2/enqueue`;
    const events = pagerdutyEvents(message, routingKey);
    const accepted = this.accepted.get(message.id) ?? new Set<string>();
    this.accepted.set(message.id, accepted);
    const rest = events.filter(({ key }) => !accepted.has(key));
    // A test is closed after it was opened.
    const atOnce = message.kind === 'test' ? 1 : AT_ONCE;
    let failure: DeliveryOutcome | null = null;
    const work = async (): Promise<void> => {
      for (let next = rest.shift(); next && !failure; next = rest.shift()) {
        const outcome = await this.poster.post({ url, body: next.body }, this.kind, channel, signal);
        if (outcome.outcome === 'delivered') accepted.add(next.key);
        // What is not known weighs more than what was refused.
        else if (!failure || outcome.outcome === 'unknown') failure = outcome;
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    return judged(failure, events, accepted);
  }
}

function judged(
  failure: DeliveryOutcome | null,
  events: readonly PagerdutyEvent[],
  { size }: ReadonlySet<string>,
): DeliveryOutcome {
  if (!failure) return { outcome: 'delivered', status: 202, response: `${size} events accepted` };
  if (failure.outcome === 'delivered' || events.length === 1) return failure;
  const error = `${size} of ${events.length} events accepted. ${failure.error}`;
  return failure.outcome === 'refused' && size > 0 ? { ...failure, partly: true, error } : { ...failure, error };
}
