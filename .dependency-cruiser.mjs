// The floors of docs/architecture.md as rules: imports go down, never up, never in a circle.
const floor = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

const PLATFORM = ['config', 'observability', 'database', 'events', 'cache', 'queue', 'schedule', 'http', 'security'];
/** What each room of the platform may use of the others. */
const MAY_USE = {
  config: [],
  observability: ['config'],
  database: ['config', 'observability'],
  cache: ['config', 'observability'],
  events: ['config', 'observability', 'database'],
  queue: ['config', 'observability', 'database', 'events'],
  schedule: ['config', 'observability', 'database', 'queue'],
  http: ['config', 'observability'],
  security: ['config', 'observability', 'database', 'http'],
};
/** Features, each with the features below it. */
const FEATURES = {
  metrics: [],
  swarm: ['metrics'],
  devices: ['metrics'],
  probes: ['metrics', 'devices'],
  alerts: ['metrics', 'devices'],
  notifications: ['alerts', 'devices', 'metrics'],
  jobs: [],
  stream: [],
  monitoring: ['metrics', 'swarm', 'probes', 'alerts', 'notifications'],
  health: ['swarm', 'probes', 'monitoring'],
};
/** What only a worker may load: the way to Docker and to the network. */
const OUTSIDE = [
  'node_modules/(dockerode|docker-modem|net-snmp)/',
  '^src/probes/(drivers|snmp)/.*\\.(driver|client)\\.ts$',
];

/** What speaks to the receivers of notifications. */
const SENDERS = ['node_modules/nodemailer/', '^src/notifications/.*\\.(driver|client)\\.ts$'];

export default {
  forbidden: [
    floor('no-circle', 'Nothing imports itself over a detour.', {}, { circular: true }),
    floor(
      'platform-knows-no-feature',
      'The platform serves features, it does not know them.',
      { path: '^src/platform' },
      { path: `^src/(roles|process|console|${Object.keys(FEATURES).join('|')})/` },
    ),
    ...PLATFORM.map((room) =>
      floor(
        `platform-${room}`,
        `platform/${room} uses only: ${MAY_USE[room].join(', ') || 'nothing'}.`,
        { path: `^src/platform/${room}/` },
        { path: '^src/platform/', pathNot: `^src/platform/(${[room, ...MAY_USE[room]].join('|')})/` },
      ),
    ),
    ...Object.entries(FEATURES).map(([feature, below]) =>
      floor(
        `feature-${feature}`,
        `${feature} uses only: the platform${below.map((name) => `, ${name}`).join('')}.`,
        { path: `^src/${feature}/` },
        { path: '^src/', pathNot: `^src/(platform|${[feature, ...below].join('|')})/` },
      ),
    ),
    floor(
      'roles-on-top',
      'Only the process composes roles.',
      { pathNot: '^src/(main\\.ts|process/|roles/)' },
      { path: '^src/roles/' },
    ),
    floor(
      'api-touches-no-network',
      'The API reads the cache and the database, never the Docker socket or the devices.',
      { path: '^src/roles/api\\.ts$' },
      { path: [...OUTSIDE, ...SENDERS], reachable: true },
    ),
    floor(
      'scheduler-touches-no-network',
      'A scheduler tick only enqueues; the watchdog in it judges and tells, and leaves devices and Docker alone.',
      { path: '^src/roles/scheduler\\.ts$' },
      { path: OUTSIDE, reachable: true },
    ),
    floor(
      'faces-of-the-worker',
      'What only a worker may touch is reached through its face.',
      {
        path: '^src/',
        pathNot: [
          '^src/(roles|swarm/engine|probes/drivers|probes/snmp|platform/queue|notifications)/',
          '^src/[^/]+/refresh/',
          '\\.(worker|upkeep)\\.module\\.ts$',
        ],
      },
      { path: '\\.(processor|driver)\\.ts$', pathNot: '^src/platform/' },
    ),
    floor(
      'pure-names',
      'A file with a bare name is pure: no Nest, no I/O, no database.',
      {
        path: '^src/(metrics|swarm|devices|probes|alerts|notifications|jobs|stream|health|monitoring)/.*/[a-z-]+\\.ts$|^src/platform/[a-z]+/[a-z-]+\\.ts$',
        pathNot:
          '\\.(module|controller|dto|service|store|entity|processor|cron|driver|client|port|indicator|decorator|spec|filter|guard|pipe|hook)\\.ts$',
      },
      {
        path: [
          '^(fs|net|http|child_process|dgram)$',
          'node_modules/(pg|typeorm|ioredis|bullmq|dockerode|net-snmp|nodemailer)/',
        ],
        dependencyTypesNot: ['type-only'],
      },
    ),
    floor(
      'no-orphan-dev',
      'What ships does not use what only builds it.',
      { path: '^src/' },
      { dependencyTypes: ['npm-dev'] },
    ),
    floor('no-unknown', 'Every import resolves.', {}, { couldNotResolve: true }),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '\\.spec\\.ts$' },
    // nodemailer offers its parts by `exports` only.
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.build.json' },
  },
};
