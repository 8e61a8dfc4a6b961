import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.schema.js';
import { type RequestTarget, withoutCredentials } from '../../platform/http/request-target.js';
import { type OutboundAnswer, OutboundClient } from '../outbound/outbound.client.js';
import { outboundPolicy } from '../outbound/outbound-guard.js';
import { withoutSecrets } from '../outbound/without-secrets.js';

const LIMIT_MS = 10_000;

/**
 * Whoever waits for the heartbeat. Its URL is a secret: who knows it can send it too. It is never part of an error. Who set it may mean an
 * address within the own network, but hardly a link-local one or a metadata service; redirects are not followed.
 */
@Injectable()
export class HeartbeatReceiver implements OnModuleDestroy {
  private readonly target: RequestTarget | null;
  private readonly outbound: OutboundClient;

  constructor({ heartbeatUrl, outboundAllow }: Settings) {
    this.target = heartbeatUrl ? withoutCredentials(heartbeatUrl) : null;
    this.outbound = new OutboundClient(outboundPolicy({ outboundPrivate: true, outboundAllow }, undefined));
  }

  get isConfigured(): boolean {
    return this.target !== null;
  }

  onModuleDestroy(): void {
    this.outbound.close();
  }

  /** @throws Error saying why it did not arrive */
  async send(signal: AbortSignal): Promise<void> {
    if (!this.target) return;
    const { url, headers } = this.target;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
    const answer = await this.outbound.send({ method: 'GET', url: url.href, headers }, limit);
    const reason =
      limit.aborted && answer.kind !== 'answered' ? `no answer within ${LIMIT_MS / 1_000} s` : faultOf(answer);
    if (reason !== null) throw new Error(withoutSecrets(reason, [url.href]));
  }
}

function faultOf(answer: OutboundAnswer): string | null {
  if (answer.kind !== 'answered') return answer.error;
  const { status } = answer;
  if (status >= 200 && status < 300) return null;
  return `it answered with HTTP ${status}${status < 400 ? ': redirects are not followed' : ''}`;
}
