/** Where a Docker Engine listens, read from one `DOCKER_HOST`-like value. */
export type DockerEndpoint =
  | { kind: 'unix'; name: string; socketPath: string }
  | { kind: 'tcp'; name: string; host: string; port: number; tls: boolean };

export const DEFAULT_DOCKER_HOST = 'unix:///var/run/docker.sock';

/** The value names no engine that Swarmward can reach; the message says what to write instead. */
export class DockerEndpointError extends Error {
  override readonly name = 'DockerEndpointError';
}

const FORMS = 'Write unix:///var/run/docker.sock or tcp://host:2376.';

/**
 * Understands `unix:///path`, `tcp://host[:port]`, `http(s)://host[:port]` and `host:port`, as Docker's own client does.
 * Ports left out are 2375, with TLS 2376.
 * @param tls mutual TLS for `tcp://` (`DOCKER_TLS_VERIFY`); `https://` means it by itself
 * @throws DockerEndpointError for `ssh://`, `npipe://` and what is no address at all
 */
export function parseDockerHost(value: string, tls: boolean): DockerEndpoint {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(value)?.[1]?.toLowerCase() ?? 'tcp';
  if (scheme === 'unix') return unixEndpoint(value);
  if (scheme === 'ssh' || scheme === 'npipe' || scheme === 'fd') {
    throw new DockerEndpointError(`${scheme}:// is not supported as a Docker host. ${FORMS}`);
  }
  if (!['tcp', 'http', 'https'].includes(scheme)) {
    throw new DockerEndpointError(`"${scheme}://" is no Docker host. ${FORMS}`);
  }
  const secure = scheme === 'https' || (scheme === 'tcp' && tls);
  const rest = value.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '');
  // `http:` swallows an explicit port 80 and the like; a scheme that URL does not know keeps the port as written.
  const url = URL.canParse(`tcp://${rest}`) ? new URL(`tcp://${rest}`) : null;
  if (!url?.hostname || rest.startsWith('/')) {
    throw new DockerEndpointError(`A Docker host needs an address. ${FORMS}`);
  }
  const port = url.port === '' ? (secure ? 2376 : 2375) : Number(url.port);
  // The user part is left out of the name: names are logged.
  return { kind: 'tcp', name: `tcp://${url.hostname}:${port}`, host: url.hostname, port, tls: secure };
}

function unixEndpoint(value: string): DockerEndpoint {
  const path = value.slice('unix://'.length) || DEFAULT_DOCKER_HOST.slice('unix://'.length);
  if (!path.startsWith('/')) throw new DockerEndpointError(`The socket's path must begin with a slash. ${FORMS}`);
  return { kind: 'unix', name: `unix://${path}`, socketPath: path };
}
