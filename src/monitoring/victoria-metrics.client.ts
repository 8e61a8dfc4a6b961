import { Injectable } from '@nestjs/common';
import { Settings } from '../platform/config/settings.schema.js';
import { type RequestTarget, withoutCredentials } from '../platform/http/request-target.js';

/** Asks VictoriaMetrics how it is. */
@Injectable()
export class VictoriaMetrics {
  private readonly target: RequestTarget | null;

  constructor({ victoriametricsUrl }: Settings) {
    this.target = victoriametricsUrl ? withoutCredentials(victoriametricsUrl, '/health') : null;
  }

  /**
   * @returns null when there is none to speak of, otherwise what is wrong with it: `down` is null when it answers well.
   * The URL is never part of the answer.
   */
  async look(limitMs: number): Promise<{ down: string | null } | null> {
    if (!this.target) return null;
    const { url, headers } = this.target;
    try {
      const response = await fetch(url, { headers, redirect: 'manual', signal: AbortSignal.timeout(limitMs) });
      await response.body?.cancel();
      return { down: response.ok ? null : `it answers with HTTP ${response.status}` };
    } catch (error) {
      return { down: reasonOf(error, limitMs) };
    }
  }
}

function reasonOf(error: unknown, limitMs: number): string {
  if ((error as Error).name === 'TimeoutError') return `it does not answer within ${limitMs / 1_000} s`;
  const { code } = ((error as Error).cause ?? {}) as { code?: unknown };
  return typeof code === 'string' ? `it cannot be reached (${code})` : 'it cannot be reached';
}
