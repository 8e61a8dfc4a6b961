/** How to reach a PostgreSQL; understood by `pg`, TypeORM and BullMQ after {@link toPgConfig}. */
export interface DatabaseConnection {
  /** Host name, address, or the absolute path of the folder that holds the Unix socket. */
  host: string;
  port: number;
  user: string;
  password?: string | undefined;
  database: string;
  tls?: DatabaseTls | undefined;
}

export interface DatabaseTls {
  /** What of the server's certificate is checked: nothing, who signed it, or that and its name. */
  verify: 'none' | 'signer' | 'name';
  /** Paths of PEM files. */
  rootCertificateFile?: string | undefined;
  certificateFile?: string | undefined;
  keyFile?: string | undefined;
}

/** DATABASE_URL cannot be understood. The message never holds the URL. */
export class DatabaseUrlError extends Error {
  override readonly name = 'DatabaseUrlError';
}

/** `host:port/database`: what log lines and errors say, never the password. */
export function describeConnection({ host, port, database }: DatabaseConnection): string {
  const address = host.startsWith('/') ? host : `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return `${address}/${database}`;
}

/**
 * Reads `postgres://user:password@host:port/database?sslmode=…` as libpq does: every part percent-encoded, parameters
 * (`host`, `port`, `user`, `password`, `dbname`, `sslmode`, `sslrootcert`, `sslcert`, `sslkey`) taking precedence.
 * A host that begins with `/` is the folder of a Unix socket. Unlike libpq, `allow` and `prefer` mean no TLS: they promise none.
 * @throws DatabaseUrlError
 */
export function parseDatabaseUrl(text: string): DatabaseConnection {
  if (!URL.canParse(text))
    throw new DatabaseUrlError('DATABASE_URL is not a URL such as postgres://user:password@host:5432/name');
  const url = new URL(text);
  const parameter = (name: string): string | undefined => url.searchParams.get(name) || undefined;
  const host = parameter('host') ?? (decode(url.hostname).replace(/^\[(.*)\]$/, '$1') || 'localhost');
  const user = parameter('user') ?? (decode(url.username) || 'postgres');
  const port = Number(parameter('port') ?? (url.port || 5432));
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new DatabaseUrlError('The port in DATABASE_URL is not a port');
  return {
    host,
    port,
    user,
    password: parameter('password') ?? (decode(url.password) || undefined),
    database: parameter('dbname') ?? (decode(url.pathname.slice(1)) || user),
    tls: host.startsWith('/') ? undefined : tlsOf(parameter),
  };
}

function tlsOf(parameter: (name: string) => string | undefined): DatabaseTls | undefined {
  const files = {
    rootCertificateFile: parameter('sslrootcert'),
    certificateFile: parameter('sslcert'),
    keyFile: parameter('sslkey'),
  };
  const mode = parameter('sslmode') ?? 'disable';
  switch (mode) {
    case 'disable':
    case 'allow':
    case 'prefer':
      return undefined;
    case 'require':
      // As libpq documents it: with a root certificate at hand `require` behaves like `verify-ca`.
      return { verify: files.rootCertificateFile ? 'signer' : 'none', ...files };
    case 'verify-ca':
      return { verify: 'signer', ...files };
    case 'verify-full':
      return { verify: 'name', ...files };
    default:
      throw new DatabaseUrlError(
        'sslmode in DATABASE_URL must be one of disable, allow, prefer, require, verify-ca, verify-full',
      );
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new DatabaseUrlError('DATABASE_URL has a part that is not percent-encoded rightly: write % as %25');
  }
}
