import { retryAfterSeconds } from '../../outbound/retry-after.js';
import type { DeliveryOutcome } from '../channel-driver.port.js';

/**
 * With the pause that Discord and Telegram ask for in the body of a 429: `{"retry_after": 0.65}`, `{"parameters": {"retry_after": 5}}`.
 * The body may be cut, so it is not parsed.
 */
export function withAskedPause(outcome: DeliveryOutcome): DeliveryOutcome {
  if (outcome.outcome !== 'refused' || outcome.status !== 429 || outcome.retryAfterSeconds !== null) return outcome;
  const asked = /"retry_after"\s*:\s*(\d+(?:\.\d+)?)/.exec(outcome.response ?? '')?.[1];
  return { ...outcome, retryAfterSeconds: retryAfterSeconds(asked, 0) };
}
