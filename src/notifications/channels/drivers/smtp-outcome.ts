import { withoutSecrets } from '../../outbound/without-secrets.js';
import type { DeliveryOutcome } from '../channel-driver.port.js';

/** What an attempt to send a mail failed of. */
export interface SmtpFailure {
  message: string;
  /** The server's reply: 4xx passes, 5xx stays (RFC 5321, 4.2.1). */
  responseCode?: number | undefined;
  response?: string | undefined;
  /** It lies where nothing may be sent to. */
  forbidden: boolean;
  /** The message had begun to be sent: without a reply nobody knows whether it was taken. */
  begun: boolean;
}

/** @param secrets masked in what is kept of it */
export function smtpOutcome(failure: SmtpFailure, secrets: readonly string[]): DeliveryOutcome {
  const error = withoutSecrets(failure.message.replace(/\s+/g, ' ').slice(0, 500), secrets);
  const status = failure.responseCode ?? null;
  if (failure.begun && status === null) return { outcome: 'unknown', error };
  return {
    outcome: 'refused',
    permanent: failure.forbidden || (status !== null && status >= 500),
    status,
    error,
    response: failure.response ? withoutSecrets(failure.response.slice(0, 1_024), secrets) : null,
    retryAfterSeconds: null,
  };
}
