const SYSTEM_CODES = new Set(
  'ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ENOENT ENOTCONN ENOTFOUND ETIMEDOUT EHOSTUNREACH ENETUNREACH EAI_AGAIN'.split(
    ' ',
  ),
);
/** PostgreSQL: class 08 (connection), 57P01–57P03 (shutting down, crashed, starting), 53300 (too many connections). */
const SQL_STATES = /^(08...|57P0[123]|53300)$/;
const MESSAGES = new RegExp(
  [
    'connection terminated',
    'timeout exceeded when trying to connect',
    'query read timeout',
    'connection is closed',
    "stream isn't writeable",
    'command timed out',
    'max retries per request',
    'client was closed',
    'client has encountered a connection error',
  ].join('|'),
  'i',
);

/** Whether an error says that the server cannot be reached now, so that trying later helps; not that a command was wrong. */
export function isConnectionFailure(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, message, errors } = error as { code?: unknown; message?: unknown; errors?: unknown };
  if (typeof code === 'string' && (SYSTEM_CODES.has(code) || SQL_STATES.test(code))) return true;
  if (Array.isArray(errors) && errors.some((each) => isConnectionFailure(each))) return true;
  return typeof message === 'string' && MESSAGES.test(message);
}

/** What to show people of an error: that of the first attempt when several addresses were tried, whose own message is empty. */
export function messageOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  const { message, errors } = error as { message?: unknown; errors?: unknown };
  if (Array.isArray(errors) && errors.length > 0) return messageOf(errors[0]);
  return typeof message === 'string' && message !== '' ? message : String(error);
}
