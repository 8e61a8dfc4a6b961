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
  malformed_csv: {
    status: 400,
    title: 'Malformed CSV',
    detail: 'The file cannot be read as CSV in UTF-8 with a header row. Save it so, and import it again.',
  },
  malformed_yaml: {
    status: 400,
    title: 'Malformed YAML',
    detail:
      'The file cannot be read as one YAML document without aliases, tags and repeated keys. `errors` names the line; correct it and import it again.',
  },
  invalid_condition: {
    status: 400,
    title: 'Invalid condition',
    detail:
      'The rule cannot be evaluated. Correct what `errors` names; GET /api/v1/alert-rules/metrics lists what may be asked for.',
  },
  invalid_message: {
    status: 400,
    title: 'Invalid message template',
    detail: 'Correct the message at the position that `errors` names; docs/alerts.md lists the placeholders.',
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
  discovery_not_found: {
    status: 404,
    title: 'Scan not found',
    detail: 'There is no scan with this id, or it is long over and forgotten. Start it again.',
  },
  job_not_found: {
    status: 404,
    title: 'Job not found',
    detail: 'There is no job with this id, or it is long over and forgotten.',
  },
  device_not_found: {
    status: 404,
    title: 'Device not found',
    detail: 'There is no device with this id. GET /api/v1/devices lists them.',
  },
  site_not_found: {
    status: 404,
    title: 'Site not found',
    detail: 'There is no site with this id. GET /api/v1/sites lists them.',
  },
  group_not_found: {
    status: 404,
    title: 'Group not found',
    detail: 'There is no group with this id. GET /api/v1/groups lists them.',
  },
  profile_not_found: {
    status: 404,
    title: 'Profile not found',
    detail: 'There is no profile with this id. GET /api/v1/profiles lists them.',
  },
  credential_not_found: {
    status: 404,
    title: 'Credential not found',
    detail: 'There is no credential with this id. GET /api/v1/credentials lists them.',
  },
  item_not_found: {
    status: 404,
    title: 'Item not found',
    detail: 'There is no item with this id. GET /api/v1/items lists them.',
  },
  template_not_found: {
    status: 404,
    title: 'Template not found',
    detail: 'There is no template with this id. GET /api/v1/templates lists them.',
  },
  maintenance_window_not_found: {
    status: 404,
    title: 'Maintenance window not found',
    detail: 'There is no maintenance window with this id. GET /api/v1/maintenance-windows lists them.',
  },
  silence_not_found: {
    status: 404,
    title: 'Silence not found',
    detail: 'There is no silence with this id. GET /api/v1/silences lists them.',
  },
  alert_not_found: {
    status: 404,
    title: 'Alert not found',
    detail:
      'There is no alert with this id: it never fired, or it is past its retention. GET /api/v1/alerts lists them.',
  },
  alert_rule_not_found: {
    status: 404,
    title: 'Alert rule not found',
    detail: 'There is no alert rule with this id. GET /api/v1/alert-rules lists them.',
  },
  channel_not_found: {
    status: 404,
    title: 'Channel not found',
    detail: 'There is no channel with this id. GET /api/v1/channels lists them.',
  },
  notification_route_not_found: {
    status: 404,
    title: 'Notification route not found',
    detail: 'There is no notification route with this id. GET /api/v1/notification-routes lists them.',
  },
  delivery_not_found: {
    status: 404,
    title: 'Delivery not found',
    detail: 'There is no delivery with this id. GET /api/v1/deliveries lists them.',
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
  discovery_not_finished: {
    status: 409,
    title: 'Scan not finished',
    detail:
      'The scan still waits or runs, or it failed: GET /api/v1/jobs/{id} says which. Accept when it is completed.',
  },
  last_admin_token: {
    status: 409,
    title: 'Last admin token',
    detail: 'Create another admin token before revoking this one, or nobody could administer Swarmward.',
  },
  name_taken: {
    status: 409,
    title: 'Name taken',
    detail: 'Another object of this kind has this name. Choose another one, or change that object.',
  },
  in_use: {
    status: 409,
    title: 'In use',
    detail: 'Other objects refer to this one. Give them another first, then remove it.',
  },
  duplicate_address: {
    status: 409,
    title: 'Duplicate address',
    detail: 'Another device has this address. Change that device, or send `"allow_duplicate": true`.',
  },
  parent_cycle: {
    status: 409,
    title: 'Circle of parents',
    detail: 'Nothing can lie above itself. Choose another parent.',
  },
  interval_unachievable: {
    status: 409,
    title: 'Interval unachievable',
    detail: 'fping cannot ping so many devices in 70 % of the interval. Lengthen the interval or send fewer packets.',
  },
  default_profile: {
    status: 409,
    title: 'Default profile',
    detail: 'There must be one default profile. Make another one the default first.',
  },
  secrets_key_missing: {
    status: 409,
    title: 'Secrets key missing',
    detail:
      'Credentials are only stored encrypted. Set SWARMWARD_SECRETS_KEY, the same in every process (`openssl rand -base64 32` makes one), and start again.',
  },
  item_of_template: {
    status: 409,
    title: 'Item of a template',
    detail:
      'The item was made by a template: singly only `enabled` and `interval_seconds` change. Change the template, or remove it from the device.',
  },
  too_many_items: {
    status: 409,
    title: 'Too many items',
    detail: 'A device has at most 500 items. Remove those that nobody looks at first.',
  },
  maintenance_window_recurs: {
    status: 409,
    title: 'Maintenance window recurs',
    detail: 'A recurring window cannot be ended for once. Set `enabled` to false, or give its rule an UNTIL.',
  },
  maintenance_window_not_active: {
    status: 409,
    title: 'Maintenance window not active',
    detail: 'The window has not begun, is over or is disabled. Delete it, or change `starts_at` and `ends_at`.',
  },
  too_many_maintenance_windows: {
    status: 409,
    title: 'Too many maintenance windows',
    detail: 'At most 500 windows that are not over may be enabled. Delete or disable some, or widen the scope of one.',
  },
  silence_ended: {
    status: 409,
    title: 'Silence ended',
    detail: 'A silence that has ended does not change any more. POST /api/v1/silences makes a new one.',
  },
  too_many_silences: {
    status: 409,
    title: 'Too many silences',
    detail: 'There may be at most 500 silences that have not ended. End some, or let one match more.',
  },
  alert_pending: {
    status: 409,
    title: 'Alert pending',
    detail: 'The alert has not fired yet, and nobody is told of it. Wait until it fires, or silence what it matches.',
  },
  alert_resolved: {
    status: 409,
    title: 'Alert resolved',
    detail: 'The alert has ended already. If its condition holds again, a new one opens with another id.',
  },
  alert_not_acknowledged: {
    status: 409,
    title: 'Alert not acknowledged',
    detail: 'Nobody has acknowledged the alert, or not any more: there is nothing to take back.',
  },
  too_many_alert_rules: {
    status: 409,
    title: 'Too many alert rules',
    detail: 'There can be 2,000 alert rules. Delete some, or let one rule be about more devices.',
  },
  channel_in_use: {
    status: 409,
    title: 'Channel in use',
    detail: 'Alert rules or notification routes name this channel. Give them other channels first, then delete it.',
  },
  too_many_notification_routes: {
    status: 409,
    title: 'Too many routes',
    detail: 'There may be at most 200 notification routes. Delete one, or let one match more.',
  },
  delivery_not_retryable: {
    status: 409,
    title: 'Delivery cannot be retried',
    detail: 'Only what failed or waits for a further attempt can be retried, while its channel exists.',
  },
  delivery_outdated: {
    status: 409,
    title: 'Delivery outdated',
    detail: 'Its alerts have ended since, so there is nothing to be told any more.',
  },
  too_many_channels: {
    status: 409,
    title: 'Too many channels',
    detail: 'There are at most 200 channels. Delete those that nobody uses first.',
  },
  body_too_large: { status: 413, title: 'Body too large', detail: 'The body must not exceed 1 MiB.' },
  url_too_long: { status: 414, title: 'URL too long', detail: 'Shorten the path.' },
  unsupported_media_type: {
    status: 415,
    title: 'Unsupported media type',
    detail: 'Send the body as `Content-Type: application/json`, without Content-Encoding.',
  },
  expectation_failed: { status: 417, title: 'Expectation failed', detail: 'Send the request without Expect header.' },
  outbound_refused: {
    status: 422,
    title: 'Receiver refused',
    detail:
      'Notifications may not go to this address. Name another one, or allow it with SWARMWARD_OUTBOUND_PRIVATE or SWARMWARD_OUTBOUND_ALLOW.',
  },
  backtest_without_history: {
    status: 422,
    title: 'No history',
    detail:
      'Only rules about devices can be replayed, of metrics with `has_history`; GET /api/v1/alert-rules/metrics lists them.',
  },
  backtest_too_large: {
    status: 422,
    title: 'Backtest too large',
    detail: 'Ask for a shorter time, or give the rule a scope with fewer devices.',
  },
  import_rolled_back: {
    status: 422,
    title: 'Import rolled back',
    detail:
      'Nothing was imported, because `atomic` is true and `errors` names rows that were refused. Correct them and import again.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    detail: 'Wait as long as Retry-After says, and poll less often.',
  },
  backtest_busy: {
    status: 429,
    title: 'Backtests are running',
    detail: 'As many backtests run as may at once. Wait as long as Retry-After says.',
  },
  too_many_failed_logins: {
    status: 429,
    title: 'Too many failed logins',
    detail: 'Too many wrong tokens came from this address. Wait as long as Retry-After says.',
  },
  too_many_discoveries: {
    status: 429,
    title: 'Too many scans',
    detail: 'As many scans of subnets wait or run as may at once. Wait until one is over.',
  },
  too_many_streams: {
    status: 429,
    title: 'Too many streams',
    detail: 'This token has as many streams open as it may. Close one: one stream can carry all events.',
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
  streams_full: {
    status: 503,
    title: 'No stream left',
    detail: 'As many streams are open as this process serves. Wait as long as Retry-After says, and poll meanwhile.',
  },
  too_many_reports: {
    status: 503,
    title: 'Too many reports',
    detail: 'As many long reports are being sent as this process serves at once. Wait as long as Retry-After says.',
  },
  inventory_busy: {
    status: 503,
    title: 'Busy with another change',
    detail: 'Another change, such as an import, holds what this one needs. Nothing was changed. Try again in a moment.',
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
