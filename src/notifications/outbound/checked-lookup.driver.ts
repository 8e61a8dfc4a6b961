import type { LookupFunction } from 'node:net';
import { callbackify } from 'node:util';
import type { NameLookup, ResolvedAddress } from './name-lookup.driver.js';
import { type OutboundPolicy, refusalOf } from './outbound-guard.js';

/** A receiver lies where notifications may not go. */
export class OutboundRefusedError extends Error {
  override readonly name = 'OutboundRefusedError';
}

/**
 * The look-up that sockets are opened with: they connect to the addresses judged here and to no others, whatever a second question
 * would be answered. One address that is refused refuses the name.
 */
export function checkedLookup(policy: OutboundPolicy, ask: NameLookup): LookupFunction {
  const judged = async (name: string): Promise<readonly ResolvedAddress[]> => {
    const all = await ask(name);
    const refusal = all.map(({ address }) => refusalOf(address, policy)).find((found) => found !== null);
    if (refusal) throw new OutboundRefusedError(`${name} means ${refusal}`);
    return all;
  };
  const answer = callbackify(judged);
  return (name, options, done) =>
    answer(name, (error, all) => {
      if (error) return done(error, '', 0);
      const wanted = all.filter(({ family }) => !options.family || options.family === family);
      const [first] = wanted;
      if (!first) return done(new Error(`${name} has no address.`), '', 0);
      return options.all ? done(null, wanted) : done(null, first.address, first.family);
    });
}
