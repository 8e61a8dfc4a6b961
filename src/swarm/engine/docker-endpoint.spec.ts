import { parseDockerHost } from './docker-endpoint.js';

describe('parseDockerHost', () => {
  it.each([
    ['unix:///run/d.sock', false, { kind: 'unix', name: 'unix:///run/d.sock', socketPath: '/run/d.sock' }],
    ['unix://', false, { kind: 'unix', name: 'unix:///var/run/docker.sock', socketPath: '/var/run/docker.sock' }],
    ['tcp://10.0.0.1', false, { kind: 'tcp', name: 'tcp://10.0.0.1:2375', host: '10.0.0.1', port: 2375, tls: false }],
    ['tcp://10.0.0.1', true, { kind: 'tcp', name: 'tcp://10.0.0.1:2376', host: '10.0.0.1', port: 2376, tls: true }],
    ['tcp://m1:4243', true, { kind: 'tcp', name: 'tcp://m1:4243', host: 'm1', port: 4243, tls: true }],
    ['http://m1:80', true, { kind: 'tcp', name: 'tcp://m1:80', host: 'm1', port: 80, tls: false }],
    ['https://m1', false, { kind: 'tcp', name: 'tcp://m1:2376', host: 'm1', port: 2376, tls: true }],
    ['m1:2375', false, { kind: 'tcp', name: 'tcp://m1:2375', host: 'm1', port: 2375, tls: false }],
    ['tcp://[::1]:2375/', false, { kind: 'tcp', name: 'tcp://[::1]:2375', host: '[::1]', port: 2375, tls: false }],
    ['tcp://u:pass@m1:1', false, { kind: 'tcp', name: 'tcp://m1:1', host: 'm1', port: 1, tls: false }],
  ] as const)('reads %s (TLS %s)', (value, tls, expected) => {
    expect(parseDockerHost(value, tls)).toEqual(expected);
  });

  const forms = 'Write unix:///var/run/docker.sock or tcp://host:2376.';
  it.each([
    ['ssh://root@m1', `ssh:// is not supported as a Docker host. ${forms}`],
    ['npipe:////./pipe/docker_engine', `npipe:// is not supported as a Docker host. ${forms}`],
    ['ftp://m1', `"ftp://" is no Docker host. ${forms}`],
    ['unix://run/docker.sock', `The socket's path must begin with a slash. ${forms}`],
    ['/var/run/docker.sock', `A Docker host needs an address. ${forms}`],
    ['tcp://', `A Docker host needs an address. ${forms}`],
    ['tcp://m1:99999', `A Docker host needs an address. ${forms}`],
  ])('refuses %s', (value, message) => {
    expect(() => parseDockerHost(value, false)).toThrow(message);
  });
});
