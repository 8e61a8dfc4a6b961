/** Keys whose values never reach a log, at the top and one and two levels down. */
const SECRET_KEYS = ['password', 'token', 'secret', 'authorization', 'cookie', 'databaseUrl', 'redisUrl', 'adminToken'];

/** Paths for pino's `redact`. */
export const REDACTED_PATHS = SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);

const URL_PASSWORD = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@"]*:)[^\s@"/]+@/gi;
const API_TOKEN = /\bswd_[\w-]{16,}/g;

/**
 * Makes a function that masks secrets in a finished log line: passwords in URLs, API tokens, and the given values.
 * The second line of defence, for messages of libraries that no path describes.
 */
export function lineRedactor(secrets: (string | undefined)[]): (line: string) => string {
  const known = secrets.filter((secret): secret is string => secret !== undefined && secret.length >= 8);
  return (line) => {
    let masked = line;
    if (masked.includes('://')) masked = masked.replace(URL_PASSWORD, '$1[redacted]@');
    if (masked.includes('swd_')) masked = masked.replace(API_TOKEN, '[redacted]');
    for (const secret of known) masked = masked.replaceAll(secret, '[redacted]');
    return masked;
  };
}
