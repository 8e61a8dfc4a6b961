import { z } from 'zod';
import { editDistance } from './edit-distance.js';
import { type Role, Settings, settingSpecs, type SettingSpec } from './settings.schema.js';

/** The environment cannot be understood. `problems` has one sentence per mistake, values of secrets left out. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  constructor(readonly problems: string[]) {
    super(`Cannot start, the settings are wrong:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
  }
}

const DEFAULT_PORTS: Record<Role, number> = { all: 5001, api: 5001, worker: 5002, scheduler: 5003 };
const specs = Object.entries(settingSpecs) as [keyof Settings, SettingSpec][];
const knownNames = specs.map(([, spec]) => spec.env);

/**
 * Turns environment variables into settings. An empty variable counts as not set.
 * @throws SettingsError naming every mistake at once: bad values, unknown `SWARMWARD_*`, impossible pairs
 */
export function readSettings(env: Record<string, string | undefined>): Settings {
  const problems = unknownNames(env);
  const values: Record<string, unknown> = {};
  for (const [name, spec] of specs) {
    const value = env[spec.env] || (spec.alias && env[spec.alias]) || undefined;
    const result = spec.schema.safeParse(value);
    if (result.success) values[name] = result.data;
    else problems.push(`${spec.env} ${reason(result.error)}${shown(spec, value)}`);
  }
  const role = (values['role'] ?? 'all') as Role;
  values['port'] ??= DEFAULT_PORTS[role];
  if (problems.length === 0) problems.push(...impossiblePairs(values as unknown as Settings));
  if (problems.length > 0) throw new SettingsError(problems);
  return Object.freeze(Object.assign(Object.create(Settings.prototype) as Settings, values));
}

function impossiblePairs(settings: Settings): string[] {
  const problems: string[] = [];
  if (settings.role !== 'all' && !settings.databaseUrl) {
    problems.push(
      `SWARMWARD_ROLE=${settings.role} needs DATABASE_URL: several processes share one PostgreSQL. ` +
        'Set DATABASE_URL=postgres://user:password@host:5432/swarmward, or leave SWARMWARD_ROLE out to run everything in one process.',
    );
  }
  if (settings.queueBackend === 'redis' && !settings.redisUrl) {
    problems.push(
      'SWARMWARD_QUEUE_BACKEND=redis needs REDIS_URL. Set REDIS_URL=redis://host:6379, or leave SWARMWARD_QUEUE_BACKEND out to queue in PostgreSQL.',
    );
  }
  if (settings.dockerTlsVerify && !settings.dockerCertPath) {
    problems.push('DOCKER_TLS_VERIFY needs DOCKER_CERT_PATH, the folder with ca.pem, cert.pem and key.pem.');
  }
  return problems;
}

function unknownNames(env: Record<string, string | undefined>): string[] {
  return Object.keys(env)
    .filter((name) => name.startsWith('SWARMWARD_') && !knownNames.includes(name))
    .map((name) => `${name} is not a setting. Did you mean ${nearest(name, knownNames)}?`);
}

function reason(error: z.ZodError): string {
  return error.issues.map((issue) => issue.message).join('; ');
}

function shown(spec: SettingSpec, value: string | undefined): string {
  return spec.secret || value === undefined ? '' : `, but is ${JSON.stringify(value.slice(0, 80))}`;
}

/** The candidate that the fewest slips of a key lead away from. */
export function nearest(word: string, candidates: string[]): string {
  const distances = candidates.map((candidate) => [editDistance(word, candidate), candidate] as const);
  return distances.reduce((best, next) => (next[0] < best[0] ? next : best))[1];
}
