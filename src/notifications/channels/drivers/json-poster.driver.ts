import { Injectable } from '@nestjs/common';
import { OutboundClient } from '../../outbound/outbound.client.js';
import type { ChannelKind, DeliveryOutcome, OpenedChannel } from '../channel-driver.port.js';
import { secretTexts } from '../config/config-secrets.js';
import { httpOutcome } from './http-outcome.js';

interface Post {
  url: string;
  /** Sent as it is when it is text, else as JSON. */
  body: string | object;
  headers?: Readonly<Record<string, string>>;
}

/** What all receivers over HTTP have in common: JSON by POST, and an answer that is judged by its status. */
@Injectable()
export class JsonPoster {
  constructor(private readonly outbound: OutboundClient) {}

  async post(
    { url, body, headers }: Post,
    kind: ChannelKind,
    { config }: OpenedChannel,
    signal: AbortSignal,
  ): Promise<DeliveryOutcome> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const request = {
      method: 'POST' as const,
      url,
      headers: { 'content-type': 'application/json', ...headers },
      body: text,
    };
    return httpOutcome(await this.outbound.send(request, signal), secretTexts(kind, config), Date.now());
  }
}
