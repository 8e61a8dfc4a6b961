import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import type { ClientConfig } from 'pg';
import type { DatabaseConnection, DatabaseTls } from './connection.js';

/** What `pg` wants to know, for clients and pools alike. @throws when a certificate file cannot be read */
export function toPgConfig(connection: DatabaseConnection): ClientConfig {
  const { host, port, user, password, database, tls } = connection;
  return {
    host,
    port,
    user,
    // Never undefined: `pg` would then look into PGPASSWORD and ~/.pgpass.
    password: password ?? '',
    database,
    ssl: tls ? tlsOptions(tls) : false,
    keepAlive: true,
  };
}

function tlsOptions(tls: DatabaseTls): ConnectionOptions {
  const read = (file: string | undefined): Buffer | undefined => (file ? readFileSync(file) : undefined);
  return {
    ca: read(tls.rootCertificateFile),
    cert: read(tls.certificateFile),
    key: read(tls.keyFile),
    rejectUnauthorized: tls.verify !== 'none',
    ...(tls.verify === 'signer' && { checkServerIdentity: () => undefined }),
  };
}
