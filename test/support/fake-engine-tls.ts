import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';

/** What is missing on this machine to make certificates; null when nothing is. */
export function opensslMissing(): string | null {
  return spawnSync('openssl', ['version']).status === 0
    ? null
    : 'openssl is not installed (Debian: apt-get install openssl)';
}

/** Makes `ca.pem`, `cert.pem` and `key.pem` in a folder: one self-signed certificate that serves as all. */
export function makeCertificates(folder: string): void {
  const subject = ['-subj', '/CN=engine', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'key.pem'];
  const made = spawnSync('openssl', ['req', '-x509', '-days', '1', ...subject, ...key, '-out', 'cert.pem'], {
    cwd: folder,
  });
  if (made.status !== 0) throw new Error(`openssl failed: ${made.stderr.toString()}`);
  copyFileSync(join(folder, 'cert.pem'), join(folder, 'ca.pem'));
}

/** A TLS port in front of an engine's unix socket that lets only clients with the folder's certificate in. */
export async function startTlsFront(
  folder: string,
  socketPath: string,
): Promise<{ dockerHost: string; close(): Promise<void> }> {
  const [key, cert, ca] = ['key.pem', 'cert.pem', 'ca.pem'].map((name) => readFileSync(join(folder, name)));
  const server = createServer(
    { key: key!, cert: cert!, ca: ca!, requestCert: true, rejectUnauthorized: true },
    (socket) => {
      const onward = connect(socketPath);
      onward.on('error', () => socket.destroy());
      socket.on('error', () => onward.destroy());
      socket.pipe(onward).pipe(socket);
    },
  );
  server.on('tlsClientError', () => undefined); // told to the client by the handshake
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    server.close();
    await once(server, 'close');
  };
  return { dockerHost: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}
