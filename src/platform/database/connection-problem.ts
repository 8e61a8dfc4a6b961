import { type DatabaseConnection, describeConnection } from './connection.js';

/** Says in words why a database cannot be used yet, and what a person may do about it. Never holds the password. */
export function connectionProblem(error: unknown, connection: DatabaseConnection): string {
  const code = codeOf(error);
  const known = code === undefined ? undefined : PROBLEMS[code];
  if (known) return known(connection);
  const message = messageOf(error) || code;
  if (/timeout|timed out/i.test(message ?? '')) return 'it does not answer';
  if (/does not support SSL/i.test(message ?? ''))
    return 'it does not speak TLS: set sslmode=disable in DATABASE_URL, or enable TLS there';
  return (message ?? 'unknown reason').replaceAll(connection.password || '\0', '…');
}

/** The database can never be used as it is; waiting does not help. */
export class DatabaseUnusableError extends Error {
  override readonly name = 'DatabaseUnusableError';
}

/** The oldest PostgreSQL with `idle_session_timeout`, which takes locks away from frozen processes. */
export const OLDEST_VERSION = 14;

/** @throws DatabaseUnusableError */
export function checkVersion(serverVersionNum: number, connection: DatabaseConnection): void {
  const major = Math.floor(serverVersionNum / 10_000);
  if (major >= OLDEST_VERSION) return;
  throw new DatabaseUnusableError(
    `The database ${describeConnection(connection)} is PostgreSQL ${major}; Swarmward needs ${OLDEST_VERSION} or newer.`,
  );
}

const notTrusted = (): string =>
  'its TLS certificate is not trusted: name the signing certificate with sslrootcert in DATABASE_URL';
const unknownHost = ({ host }: DatabaseConnection): string => `the host name ${host} is not known`;

const PROBLEMS: Record<string, (connection: DatabaseConnection) => string> = {
  ECONNREFUSED: () => 'nothing listens there',
  ENOENT: () => 'nothing listens there',
  ENOTFOUND: unknownHost,
  EAI_AGAIN: unknownHost,
  ETIMEDOUT: () => 'it does not answer',
  EHOSTUNREACH: () => 'there is no way to that host',
  ENETUNREACH: () => 'there is no way to that host',
  '28P01': ({ user }) => `the password for the user ${user} is wrong: correct it in DATABASE_URL or there`,
  '28000': ({ user }) => `it does not let the user ${user} in: see its pg_hba.conf`,
  '3D000': ({ database, user }) =>
    `it has no database ${database}: create it there with CREATE DATABASE "${database}" OWNER "${user}"`,
  '42501': ({ user, database }) => `the user ${user} may not connect to the database ${database}`,
  '53300': () => 'it has no connection left',
  '57P03': () => 'it is starting up or shutting down',
  // read_only_sql_transaction
  '25006': () => 'it is a read replica: DATABASE_URL must name the primary',
  DEPTH_ZERO_SELF_SIGNED_CERT: notTrusted,
  SELF_SIGNED_CERT_IN_CHAIN: notTrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: notTrusted,
  ERR_TLS_CERT_ALTNAME_INVALID: ({ host }) => `its TLS certificate is not for the name ${host}`,
};

function codeOf(error: unknown): string | undefined {
  const { code, errors } = (error ?? {}) as { code?: unknown; errors?: unknown };
  if (typeof code === 'string') return code;
  // A host name with several addresses: the first failure is as good as any.
  return Array.isArray(errors) ? codeOf(errors[0]) : undefined;
}

function messageOf(error: unknown): string | undefined {
  const { message } = (error ?? {}) as { message?: unknown };
  return typeof message === 'string' ? message : undefined;
}
