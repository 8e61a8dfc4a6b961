import type { Role } from '../platform/config/settings.schema.js';

interface Ready {
  version: string;
  role: Role;
  host: string;
  port: number;
  seconds: number;
  /** Whether REDIS_URL is set. */
  sharedCache: boolean;
}

/** What the console says when the process is ready: where to go. */
export function readyLines({ version, role, host, port, seconds, sharedCache }: Ready): string[] {
  const shownHost = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  const url = `http://${shownHost}:${port}`;
  const ready = `Swarmward ${version} is ready after ${seconds.toFixed(1)} s`;
  const cache =
    role === 'all' || sharedCache
      ? []
      : ['REDIS_URL is not set: this process keeps a memory cache of its own, with PostgreSQL behind it'];
  if (role === 'worker' || role === 'scheduler')
    return [`${ready} as ${role}: probes at ${url}/health/ready`, ...cache];
  // A line each: a URL that a terminal breaks in two cannot be clicked.
  const places = [`Swagger UI: ${url}/docs`, `API: ${url}/api/v1, its health: ${url}/api/v1/health`];
  return [role === 'api' ? `${ready} as api` : ready, ...places, ...cache];
}
