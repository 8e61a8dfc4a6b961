import { ProblemException } from '../../platform/http/problem.js';

interface Failure {
  driverError?: { code?: unknown; constraint?: unknown };
}

const OF_KIND: Record<string, string> = { sites: 'site', groups: 'group', profiles: 'profile' };

/** What PostgreSQL refuses because of a request is a problem of the request: constraints by SQLSTATE, and a lock that did not come. */
export function asRefusal(error: unknown): unknown {
  const { code, constraint } = (error as Failure).driverError ?? {};
  const name = String(constraint);
  if (code === '55P03')
    return new ProblemException('inventory_busy', { headers: { 'retry-after': '5' }, cause: error });
  if (code === '23505' && name === 'devices_ip_key') return new ProblemException('duplicate_address', { cause: error });
  if (code === '23505') {
    const kind = OF_KIND[name.split('_')[0]!] ?? 'object';
    return new ProblemException('name_taken', {
      detail: `Another ${kind} has this name. Choose another one.`,
      cause: error,
    });
  }
  if (code === '23503') return new ProblemException('in_use', { cause: error });
  return error;
}
