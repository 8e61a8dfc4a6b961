import { Resolver } from 'node:dns/promises';
import { Injectable } from '@nestjs/common';
import { within } from '../../platform/observability/time-limit.js';

const AT_ONCE = 32;
const ONE_LIMIT_MS = 1_500;

/** Names of addresses, for people. Not having one is no error. */
@Injectable()
export class ReverseLookup {
  /**
   * @param limitMs of all together: what has no name by then has none
   * @returns the names that were found, by address
   */
  async namesOf(addresses: readonly string[], limitMs: number, signal: AbortSignal): Promise<Map<string, string>> {
    const names = new Map<string, string>();
    const resolver = new Resolver({ timeout: 1_000, tries: 1 });
    const deadline = performance.now() + limitMs;
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < addresses.length && performance.now() < deadline && !signal.aborted) {
        const address = addresses[next++]!;
        const [name] = await within(ONE_LIMIT_MS, resolver.reverse(address)).catch(() => []);
        if (name) names.set(address, name.slice(0, 253));
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, addresses.length) }, work));
    resolver.cancel();
    return names;
  }
}
