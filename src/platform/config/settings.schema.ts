import ipaddr from 'ipaddr.js';
import { z } from 'zod';

/** One setting: the environment variable it is read from, its rule, and the sentence that the README's table shows. */
export interface SettingSpec<T extends z.ZodType = z.ZodType> {
  env: string;
  /** Another name that is read when `env` is not set. */
  alias?: string;
  schema: T;
  /** What the README shows as default where the schema's own default is not a constant. */
  shownDefault?: string;
  doc: string;
  secret?: boolean;
}
const setting = <T extends z.ZodType>(spec: SettingSpec<T>): SettingSpec<T> => spec;

const integer = (min: number, max: number, unit: string) =>
  z.coerce
    .number({ error: `must be a whole number of ${unit}` })
    .int(`must be a whole number of ${unit}`)
    .min(min, `must be at least ${min} ${unit}`)
    .max(max, `must be at most ${max} ${unit}`);
const flag = z
  .enum(['true', 'false', '1', '0', 'yes', 'no'], { error: 'must be true or false' })
  .transform((word) => ['true', '1', 'yes'].includes(word));
const words = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean),
);
function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) instanceof Intl.DateTimeFormat;
  } catch {
    return false;
  }
}
function isCidr(text: string): boolean {
  try {
    return ipaddr.parseCIDR(text).length === 2;
  } catch {
    return false;
  }
}
const url = (protocols: string[], example: string) =>
  z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
    error: `must be a URL such as ${example}`,
  });

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export const ROLES = ['all', 'api', 'worker', 'scheduler'] as const;
export const QUEUE_NAMES = ['swarm', 'ping', 'checks', 'on-demand', 'snmp', 'maintenance'] as const;
export type Role = (typeof ROLES)[number];
export type QueueName = (typeof QUEUE_NAMES)[number];

/** Every setting there is. The order is the order of the README's table. */
export const settingSpecs = {
  role: setting({
    env: 'SWARMWARD_ROLE',
    schema: z.enum(ROLES, { error: `must be one of ${ROLES.join(', ')}` }).default('all'),
    doc: 'What this process does: everything, or one role of a distributed installation.',
  }),
  host: setting({
    env: 'SWARMWARD_HOST',
    schema: z.string().min(1).default('127.0.0.1'),
    doc: 'Address to listen on. `0.0.0.0` opens it to the network.',
  }),
  port: setting({
    env: 'PORT',
    schema: integer(0, 65_535, 'a port').optional(),
    shownDefault: '5001 (worker 5002, scheduler 5003)',
    doc: 'Port of the API, and of the probe listener of the other roles. 0 takes a free one and logs it.',
  }),
  dataDir: setting({
    env: 'SWARMWARD_DATA_DIR',
    schema: z.string().min(1).optional(),
    shownDefault: './data',
    doc: 'Where the embedded PostgreSQL keeps its data. As root in a folder closed to other accounts: /var/lib/swarmward.',
  }),
  databaseUrl: setting({
    env: 'DATABASE_URL',
    schema: url(['postgres:', 'postgresql:'], 'postgres://user:password@host:5432/swarmward').optional(),
    shownDefault: 'embedded PostgreSQL',
    doc: 'PostgreSQL 14 or newer. Needed by every role but `all`.',
    secret: true,
  }),
  databasePoolSize: setting({
    env: 'SWARMWARD_DATABASE_POOL_SIZE',
    // A scheduler keeps two for as long as it leads the watchdog.
    schema: integer(5, 200, 'connections').default(20),
    doc: 'Connections of one process to PostgreSQL, the queue’s own (2 a queue) not counted.',
  }),
  databasePoolTimeoutMs: setting({
    env: 'SWARMWARD_DATABASE_POOL_TIMEOUT_MS',
    schema: integer(100, 60_000, 'milliseconds').default(5_000),
    doc: 'How long a query may wait for a free connection.',
  }),
  databaseStatementTimeoutMs: setting({
    env: 'SWARMWARD_DATABASE_STATEMENT_TIMEOUT_MS',
    schema: integer(100, 600_000, 'milliseconds').default(30_000),
    doc: 'How long one SQL statement may take before PostgreSQL cancels it.',
  }),
  slowQueryMs: setting({
    env: 'SWARMWARD_SLOW_QUERY_MS',
    schema: integer(1, 600_000, 'milliseconds').default(1_000),
    doc: 'Queries slower than this are logged as a warning (without their values).',
  }),
  slowRequestMs: setting({
    env: 'SWARMWARD_SLOW_REQUEST_MS',
    schema: integer(1, 600_000, 'milliseconds').default(1_000),
    doc: 'Requests slower than this are logged as a warning.',
  }),
  redisUrl: setting({
    env: 'REDIS_URL',
    schema: url(['redis:', 'rediss:'], 'redis://host:6379/0').optional(),
    shownDefault: 'memory only',
    doc: 'Shared cache between several processes. Losing it costs speed, never monitoring.',
    secret: true,
  }),
  cacheMaxMegabytes: setting({
    env: 'SWARMWARD_CACHE_MAX_MB',
    schema: integer(8, 16_384, 'MB').default(128),
    doc: 'Bound of the memory cache of one process.',
  }),
  dockerHost: setting({
    env: 'DOCKER_HOST',
    schema: z.string().min(1).optional(),
    shownDefault: 'unix:///var/run/docker.sock',
    doc: 'The Docker Engine of a swarm manager: `unix://…` or `tcp://host:port`.',
  }),
  dockerHosts: setting({
    env: 'SWARMWARD_DOCKER_HOSTS',
    schema: words.optional(),
    doc: 'Several managers, comma-separated, tried in turn. Takes precedence over DOCKER_HOST.',
  }),
  dockerTlsVerify: setting({
    env: 'DOCKER_TLS_VERIFY',
    schema: z
      .string()
      .transform((text) => text !== '' && text !== '0' && text !== 'false')
      .default(false),
    doc: 'Use mutual TLS with `tcp://` hosts; the certificates are in DOCKER_CERT_PATH.',
  }),
  dockerCertPath: setting({
    env: 'DOCKER_CERT_PATH',
    schema: z.string().min(1).optional(),
    doc: 'Folder with `ca.pem`, `cert.pem` and `key.pem`.',
  }),
  swarmRefreshSeconds: setting({
    env: 'SWARMWARD_SWARM_REFRESH_SECONDS',
    schema: integer(1, 3_600, 'seconds').default(120),
    doc: 'How often the swarm is collected, besides at once after a change in it.',
  }),
  swarmTaskCpus: setting({
    env: 'SWARMWARD_SWARM_TASK_CPUS',
    schema: z.coerce.number({ error: 'must be a number of CPUs' }).positive('must be above 0').max(1024).default(0.1),
    doc: 'CPUs of the task that `available_capacity` counts in.',
  }),
  swarmTaskMemoryMegabytes: setting({
    env: 'SWARMWARD_SWARM_TASK_MEMORY_MB',
    schema: integer(1, 1_048_576, 'MB').default(100),
    doc: 'Memory (10^6 bytes) of the task that `available_capacity` counts in.',
  }),
  pingIntervalSeconds: setting({
    env: 'SWARMWARD_PING_INTERVAL_SECONDS',
    schema: integer(1, 3_600, 'seconds').default(30),
    doc: 'How often devices are probed whose profile names no interval.',
  }),
  snmpIntervalSeconds: setting({
    env: 'SWARMWARD_SNMP_INTERVAL_SECONDS',
    schema: integer(5, 86_400, 'seconds').default(60),
    doc: 'How often SNMP items are polled whose item and profile name no interval.',
  }),
  pingRetentionDays: setting({
    env: 'SWARMWARD_PING_RETENTION_DAYS',
    schema: integer(1, 3_650, 'days').default(30),
    doc: 'How long single probe results are kept; 5-minute rollups 90 days, hourly ones 2 years.',
  }),
  canaries: setting({
    env: 'SWARMWARD_CANARIES',
    schema: words.pipe(z.array(z.string().max(253)).max(16, 'must be at most 16 addresses')).optional(),
    shownDefault: 'none',
    doc: 'Addresses outside the watched network, comma-separated. When none of them answers a ping, the vantage point is blind and no device is called down.',
  }),
  fpingPath: setting({
    env: 'SWARMWARD_FPING_PATH',
    schema: z.string().min(1).default('fping'),
    doc: 'The fping program, by name (looked for in PATH) or path.',
  }),
  scheduleTimezone: setting({
    env: 'SWARMWARD_SCHEDULE_TIMEZONE',
    schema: z.string().refine(isTimezone, { error: 'must be a time zone such as Europe/Berlin' }).default('UTC'),
    doc: 'Time zone of daily work such as the clean-up at 03:00.',
  }),
  secretsKey: setting({
    env: 'SWARMWARD_SECRETS_KEY',
    schema: z
      .string()
      .min(32, 'must have at least 32 characters')
      .max(512, 'must have at most 512 characters')
      .optional(),
    shownDefault: 'generated in the data folder',
    doc: 'Encrypts stored credentials. Needed for them with DATABASE_URL, the same in every process: `openssl rand -base64 32`.',
    secret: true,
  }),
  secretsKeyPrevious: setting({
    env: 'SWARMWARD_SECRETS_KEY_PREVIOUS',
    schema: z
      .string()
      .min(32, 'must have at least 32 characters')
      .max(512, 'must have at most 512 characters')
      .optional(),
    shownDefault: 'none',
    doc: 'The key before, while credentials move to a new SWARMWARD_SECRETS_KEY: at start they are encrypted anew.',
    secret: true,
  }),
  evaluationSeconds: setting({
    env: 'SWARMWARD_EVALUATION_SECONDS',
    schema: integer(1, 600, 'seconds').default(30),
    doc: 'How often alert rules are evaluated at least, besides at once after every cycle of probes.',
  }),
  alertRetentionDays: setting({
    env: 'SWARMWARD_ALERT_RETENTION_DAYS',
    schema: integer(1, 3_650, 'days').default(365),
    doc: 'How long resolved alerts and their deliveries are kept.',
  }),
  groupWaitSeconds: setting({
    env: 'SWARMWARD_GROUP_WAIT_SECONDS',
    schema: integer(0, 3_600, 'seconds').default(30),
    doc: 'How long a notice waits for others that belong to it; of critical alerts at most 5.',
  }),
  notifyTimeoutSeconds: setting({
    env: 'SWARMWARD_NOTIFY_TIMEOUT_SECONDS',
    schema: integer(1, 120, 'seconds').default(10),
    doc: 'How long one attempt to deliver a notification may take.',
  }),
  notifyBackoffSeconds: setting({
    env: 'SWARMWARD_NOTIFY_BACKOFF_SECONDS',
    schema: integer(1, 3_600, 'seconds').default(2),
    doc: 'Pause before the second attempt to deliver; doubles with each further one up to 15 minutes, for 24 hours.',
  }),
  outboundPrivate: setting({
    env: 'SWARMWARD_OUTBOUND_PRIVATE',
    schema: flag.optional(),
    shownDefault: 'true, false with NODE_ENV=production',
    doc: 'Whether notifications may go to loopback and private addresses.',
  }),
  outboundAllow: setting({
    env: 'SWARMWARD_OUTBOUND_ALLOW',
    schema: words
      .pipe(z.array(z.string().refine(isCidr, { error: 'must be networks such as 10.1.0.0/16' })).max(64))
      .optional(),
    shownDefault: 'none',
    doc: 'Networks that notifications may go to although they would be refused: private ones, link-local ones, metadata services.',
  }),
  publicUrl: setting({
    env: 'SWARMWARD_PUBLIC_URL',
    schema: url(['http:', 'https:'], 'https://swarmward.example.org').optional(),
    shownDefault: 'none',
    doc: 'Where people reach the API, for links in notifications.',
  }),
  heartbeatUrl: setting({
    env: 'SWARMWARD_HEARTBEAT_URL',
    alias: 'HEARTBEAT_URL',
    schema: url(['http:', 'https:'], 'https://hc-ping.com/…').optional(),
    shownDefault: 'none',
    doc: 'Dead man’s switch: asked by GET while alerting works, so that somebody else notices when it does not.',
    secret: true,
  }),
  heartbeatSeconds: setting({
    env: 'SWARMWARD_HEARTBEAT_SECONDS',
    schema: integer(1, 3_600, 'seconds').default(30),
    doc: 'How often the heartbeat is sent.',
  }),
  victoriametricsUrl: setting({
    env: 'VICTORIAMETRICS_URL',
    schema: url(['http:', 'https:'], 'http://victoriametrics:8428').optional(),
    shownDefault: 'none',
    doc: 'VictoriaMetrics, whose health is watched.',
    secret: true,
  }),
  adminToken: setting({
    env: 'SWARMWARD_ADMIN_TOKEN',
    schema: z
      .string()
      .min(24, 'must have at least 24 characters')
      .max(256, 'must have at most 256 characters')
      .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces')
      .optional(),
    shownDefault: 'generated, shown once',
    doc: 'Admin token of the API, any string of 24 or more characters.',
    secret: true,
  }),
  workerQueues: setting({
    env: 'SWARMWARD_WORKER_QUEUES',
    schema: words
      .pipe(z.array(z.enum(QUEUE_NAMES, { error: `must name queues out of ${QUEUE_NAMES.join(', ')}` })).min(1))
      .default([...QUEUE_NAMES]),
    shownDefault: QUEUE_NAMES.join(','),
    doc: 'Which queues this worker takes jobs from; give `swarm` only to workers with a Docker socket.',
  }),
  workerConcurrency: setting({
    env: 'SWARMWARD_WORKER_CONCURRENCY',
    schema: integer(1, 100, 'jobs').default(5),
    doc: 'Jobs that this worker runs at once per queue.',
  }),
  workersExpected: setting({
    env: 'SWARMWARD_WORKERS_EXPECTED',
    schema: integer(0, 10_000, 'workers').default(0),
    doc: 'Worker concurrency expected over all processes; under half of it health is degraded. 0: no expectation.',
  }),
  workersMin: setting({
    env: 'SWARMWARD_WORKERS_MIN',
    schema: integer(0, 10_000, 'workers').default(5),
    doc: 'Worker concurrency under which health is degraded.',
  }),
  queueBackend: setting({
    env: 'SWARMWARD_QUEUE_BACKEND',
    schema: z.enum(['postgres', 'redis'], { error: 'must be postgres or redis' }).default('postgres'),
    doc: 'Where jobs are queued. `redis` needs REDIS_URL.',
  }),
  rateLimitPerMinute: setting({
    env: 'SWARMWARD_RATE_LIMIT_PER_MINUTE',
    schema: integer(1, 10_000_000, 'requests').default(6_000),
    doc: 'Requests a minute per token; per address it is the same.',
  }),
  trustProxy: setting({
    env: 'SWARMWARD_TRUST_PROXY',
    schema: flag.default(false),
    doc: 'Take the client’s address from X-Forwarded-For. Only behind a proxy of your own.',
  }),
  corsOrigins: setting({
    env: 'SWARMWARD_CORS_ORIGINS',
    schema: words.optional(),
    shownDefault: 'off',
    doc: 'Origins that browsers may call the API from, comma-separated.',
  }),
  logLevel: setting({
    env: 'LOG_LEVEL',
    schema: z
      .string()
      .transform((word) => word.toLowerCase())
      .pipe(z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(', ')}` }))
      .default('info'),
    doc: 'How much is logged. `debug` shows every request.',
  }),
  logFormat: setting({
    env: 'SWARMWARD_LOG_FORMAT',
    schema: z.enum(['auto', 'pretty', 'json'], { error: 'must be auto, pretty or json' }).default('auto'),
    doc: '`auto` writes lines for people on a terminal and JSON elsewhere.',
  }),
} as const satisfies Record<string, SettingSpec>;

type Values = { [K in keyof typeof settingSpecs]: z.output<(typeof settingSpecs)[K]['schema']> };

/** Every setting, validated and frozen; also its injection token. */
export abstract class Settings {}
export interface Settings extends Readonly<Omit<Values, 'port'>> {
  readonly port: number;
}
