import { Injectable } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.schema.js';
import { type RequestTarget, withoutCredentials } from '../../platform/http/request-target.js';

const LIMIT_MS = 10_000;

/** Whoever waits for the heartbeat. Its URL is a secret: who knows it can send it too. It is never part of an error. */
@Injectable()
export class HeartbeatReceiver {
  private readonly target: RequestTarget | null;

  constructor({ heartbeatUrl }: Settings) {
    this.target = heartbeatUrl ? withoutCredentials(heartbeatUrl) : null;
  }

  get isConfigured(): boolean {
    return this.target !== null;
  }

  /** @throws Error saying why it did not arrive */
  async send(signal: AbortSignal): Promise<void> {
    if (!this.target) return;
    const { url, headers } = this.target;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
    const response = await fetch(url, { headers: { 'user-agent': 'Swarmward', ...headers }, signal: limit }).catch(
      (error: unknown) => {
        throw new Error(reasonOf(error));
      },
    );
    await response.body?.cancel();
    if (!response.ok) throw new Error(`it answered with HTTP ${response.status}`);
  }
}

function reasonOf(error: unknown): string {
  const { name, cause } = error as Error;
  if (name === 'TimeoutError') return `no answer within ${LIMIT_MS / 1_000} s`;
  const { code } = (cause ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : 'it cannot be reached';
}
