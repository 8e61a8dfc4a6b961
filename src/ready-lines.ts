import type { Role } from './platform/config/settings.schema.js';

interface Ready {
  version: string;
  role: Role;
  host: string;
  port: number;
  seconds: number;
}

/** What the console says when the process is ready: where to go. */
export function readyLines({ version, role, host, port, seconds }: Ready): string[] {
  const shownHost = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  const url = `http://${shownHost}:${port}`;
  const ready = `Swarmward ${version} is ready after ${seconds.toFixed(1)} s`;
  if (role === 'worker' || role === 'scheduler') return [`${ready} as ${role}, probes at ${url}/health/ready`];
  // A line each: a URL that a terminal breaks in two cannot be clicked.
  return [ready, `Swagger UI: ${url}/docs`, `API: ${url}/api/v1, its health: ${url}/api/v1/health`];
}
