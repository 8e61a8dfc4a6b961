import { retryAfterSeconds } from '../../outbound/retry-after.js';
import { withoutSecrets } from '../../outbound/without-secrets.js';
import type { DeliveryOutcome } from '../channel-driver.port.js';

/** What a request came to; as the client of `outbound` answers it. */
type Answer =
  | { kind: 'answered'; status: number; retryAfter: string | null; body: string }
  | { kind: 'refused'; permanent: boolean; error: string }
  | { kind: 'unknown'; error: string };

/** Of an answer, in characters. */
export const KEPT_LENGTH = 1_000;
/**
 * 4xx that are about the request itself, which is the same at every attempt. Any other may be another tomorrow: a token is renewed, an
 * address put right, a proxy mended.
 */
const FOR_GOOD = [400, 411, 413, 414, 415, 422, 431];
/** Said by a proxy that heard nothing of use from the receiver behind it, which may have taken the request all the same. */
const OF_A_PROXY = [502, 504];

/**
 * What an answer means for a delivery.
 * @param secrets masked in what is kept of it
 * @param now in ms since the epoch
 */
export function httpOutcome(answer: Answer, secrets: readonly string[], now: number): DeliveryOutcome {
  if (answer.kind === 'unknown') return { outcome: 'unknown', error: withoutSecrets(answer.error, secrets) };
  if (answer.kind === 'refused') {
    const error = withoutSecrets(answer.error, secrets);
    return {
      outcome: 'refused',
      permanent: answer.permanent,
      status: null,
      error,
      response: null,
      retryAfterSeconds: null,
    };
  }
  const { status } = answer;
  const response = withoutSecrets(answer.body, secrets, KEPT_LENGTH) || null;
  if (status >= 200 && status < 300) return { outcome: 'delivered', status, response };
  if (OF_A_PROXY.includes(status))
    return { outcome: 'unknown', error: `A proxy answered ${status}: the receiver behind it may have got it.` };
  return {
    outcome: 'refused',
    permanent: status < 400 || FOR_GOOD.includes(status),
    status,
    error:
      status >= 300 && status < 400
        ? `The receiver answered ${status}: redirects are not followed. Give the address it leads to.`
        : `The receiver answered ${status}.`,
    response,
    retryAfterSeconds: retryAfterSeconds(answer.retryAfter, now),
  };
}
