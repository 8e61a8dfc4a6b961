import { countAgents } from './agent-outcome.js';
import type { ItemResult } from './item-result.js';

const agent = (...errors: (string | null)[]) => errors.map((error) => ({ error }) as ItemResult);

describe('countAgents', () => {
  it.each([
    ['values', agent(null, null), 'answered'],
    ['an OID that it does not know', agent('no_such_object'), 'answered'],
    ['silence after the first request', agent(null, 'no_response'), 'answered'],
    ['silence', agent('no_response', 'no_response'), 'failed'],
    ['wrong keys', agent('authentication_failed'), 'failed'],
    ['no credential', agent('no_credential'), 'failed'],
    ['silence until there was no time left', agent('no_response', 'not_polled'), 'failed'],
    ['no time', agent('not_polled', 'not_polled'), 'unknown'],
  ])('%s', (_, results, outcome) => {
    expect(countAgents([results])).toEqual({ targets: 1, answered: 0, failed: 0, unknown: 0, [outcome]: 1 });
  });
});
