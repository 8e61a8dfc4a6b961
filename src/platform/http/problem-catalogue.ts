interface ProblemKind {
  status: number;
  title: string;
  /** What to do about it, when the place that refuses has nothing more precise to say. */
  detail: string;
}

/** Every error code of the API. Codes are stable: clients may branch on them. docs/errors.md is this table. */
export const problemCatalogue = {
  validation_failed: {
    status: 400,
    title: 'Validation failed',
    detail: 'Correct the values named in `errors` and send the request again.',
  },
  invalid_cursor: {
    status: 400,
    title: 'Invalid cursor',
    detail: 'Start again without `cursor`; a cursor belongs to one list with one sort order and the same filters.',
  },
  malformed_json: {
    status: 400,
    title: 'Malformed JSON',
    detail: 'The body is not valid JSON. Correct it and send it again.',
  },
  malformed_request: {
    status: 400,
    title: 'Malformed request',
    detail: 'The request cannot be read as HTTP. Check the client or the proxy in between.',
  },
  malformed_url: {
    status: 400,
    title: 'Malformed URL',
    detail: 'The path or query is not validly percent-encoded UTF-8.',
  },
  invalid_character: {
    status: 400,
    title: 'Invalid character',
    detail: 'Remove NUL characters and unpaired surrogates from the text; they cannot be stored.',
  },
  token_missing: {
    status: 401,
    title: 'Authentication required',
    detail: 'Send an API token: `Authorization: Bearer <token>`.',
  },
  token_malformed: {
    status: 401,
    title: 'Malformed Authorization header',
    detail: 'The header must be `Authorization: Bearer <token>` with one token of printable ASCII characters.',
  },
  token_invalid: {
    status: 401,
    title: 'Invalid token',
    detail: 'The token is unknown, revoked or expired. Ask an administrator for a new one.',
  },
  access_denied: {
    status: 403,
    title: 'Access denied',
    detail: 'The role of the token does not allow this. Use a token with a higher role.',
  },
  route_not_found: {
    status: 404,
    title: 'Route not found',
    detail: 'There is no such path. /docs lists every endpoint.',
  },
  not_found: { status: 404, title: 'Not found', detail: 'There is no such object. It may have been removed.' },
  token_not_found: {
    status: 404,
    title: 'Token not found',
    detail: 'There is no token with this id. GET /api/v1/tokens lists them.',
  },
  service_not_found: {
    status: 404,
    title: 'Service not found',
    detail: 'There is no service with this id or name. GET /api/v1/status/swarm/services lists them.',
  },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    detail: 'The path exists, but not with this method. The Allow header lists the methods.',
  },
  request_timeout: {
    status: 408,
    title: 'Request timeout',
    detail: 'The request did not arrive completely in time. Send it again.',
  },
  conflict: { status: 409, title: 'Conflict', detail: 'The object has changed or is in use. Read it again first.' },
  last_admin_token: {
    status: 409,
    title: 'Last admin token',
    detail: 'Create another admin token before revoking this one, or nobody could administer Swarmward.',
  },
  body_too_large: { status: 413, title: 'Body too large', detail: 'The body must not exceed 1 MiB.' },
  url_too_long: { status: 414, title: 'URL too long', detail: 'Shorten the path.' },
  unsupported_media_type: {
    status: 415,
    title: 'Unsupported media type',
    detail: 'Send the body as `Content-Type: application/json`, without Content-Encoding.',
  },
  expectation_failed: { status: 417, title: 'Expectation failed', detail: 'Send the request without Expect header.' },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    detail: 'Wait as long as Retry-After says, and poll less often.',
  },
  too_many_failed_logins: {
    status: 429,
    title: 'Too many failed logins',
    detail: 'Too many wrong tokens came from this address. Wait as long as Retry-After says.',
  },
  headers_too_large: { status: 431, title: 'Headers too large', detail: 'The headers must not exceed 16 KiB.' },
  internal_error: {
    status: 500,
    title: 'Internal error',
    detail: 'Something went wrong on our side. Look for the request id in the log.',
  },
  starting: { status: 503, title: 'Starting', detail: 'Swarmward is starting. Try again in a second.' },
  shutting_down: { status: 503, title: 'Shutting down', detail: 'Swarmward is shutting down. Try again in a moment.' },
  database_unavailable: {
    status: 503,
    title: 'Database unavailable',
    detail: 'The database does not answer. Try again in a moment; /api/v1/health says more.',
  },
  database_timeout: {
    status: 503,
    title: 'Database timeout',
    detail: 'The query took too long and was cancelled. Narrow it down with filters, or try again later.',
  },
  queue_unavailable: {
    status: 503,
    title: 'Queue unavailable',
    detail: 'The job queue does not answer. Try again in a moment; /api/v1/health says more.',
  },
} as const satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof problemCatalogue;

/** The table of docs/errors.md, in Markdown. */
export function problemTable(): string {
  const rows = Object.entries(problemCatalogue).map(
    ([code, { status, title, detail }]) => `| \`${code}\` | ${status} | ${title} | ${detail} |`,
  );
  return ['| code | status | title | what to do |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
