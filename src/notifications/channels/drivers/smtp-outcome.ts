import { withoutSecrets } from '../../outbound/without-secrets.js';
import type { DeliveryOutcome } from '../channel-driver.port.js';
import { KEPT_LENGTH } from './http-outcome.js';

/** What an attempt to send a mail failed of. */
export interface SmtpFailure {
  message: string;
  /** The server's reply (RFC 5321, 4.2.1). */
  responseCode?: number | undefined;
  response?: string | undefined;
  /** It lies where nothing may be sent to. */
  forbidden: boolean;
  /** The message had begun to be sent: without a reply nobody knows whether it was taken. */
  begun: boolean;
}

/** The first that is about the mail or its addresses. Those below are about the session or the account, which may be put right. */
const FIRST_FOR_GOOD = 550;

/** @param secrets masked in what is kept of it */
export function smtpOutcome(failure: SmtpFailure, secrets: readonly string[]): DeliveryOutcome {
  const error = withoutSecrets(failure.message.replace(/\s+/g, ' '), secrets, 500);
  const status = failure.responseCode ?? null;
  if (failure.begun && status === null) return { outcome: 'unknown', error };
  return {
    outcome: 'refused',
    permanent: failure.forbidden || (status !== null && status >= FIRST_FOR_GOOD),
    status,
    error,
    response: failure.response ? withoutSecrets(failure.response, secrets, KEPT_LENGTH) : null,
    retryAfterSeconds: null,
  };
}

/** An address that the server did not take. */
export interface SmtpRejection {
  recipient?: string | undefined;
  responseCode?: number | undefined;
  response?: string | undefined;
}

/**
 * Of a mail that the server took for some of its addresses. Those it turned away for now (4xx), such as by greylisting, are tried again.
 * @param response what it said of the mail; empty when an earlier attempt brought it there
 */
export function partialOutcome(
  response: string,
  rejections: readonly SmtpRejection[],
  secrets: readonly string[],
): DeliveryOutcome {
  const named = rejections.map(
    ({ recipient, response: reply }) => `${recipient ?? 'an address'} (${reply ?? 'no reason'})`,
  );
  const without = named.length > 0 ? [`not taken for ${named.join(', ')}`] : [];
  const said = withoutSecrets(
    [...(response ? [response.slice(0, 300)] : []), ...without].join('; '),
    secrets,
    KEPT_LENGTH,
  );
  const later = rejections.find(({ responseCode }) => responseCode !== undefined && responseCode < 500);
  if (!later) return { outcome: 'delivered', status: Number.parseInt(response, 10) || null, response: said };
  return {
    outcome: 'refused',
    permanent: false,
    partly: true,
    status: later.responseCode!,
    error: `The server did not take it for all addresses yet: those that it turned away for now are tried again.`,
    response: said,
    retryAfterSeconds: null,
  };
}
