import { type EngineFault, EngineFaultError, errorMessage, faultOf, toCollectionError } from './docker-error.js';

const told = (fault: EngineFault, host = 'unix:///var/run/docker.sock') => {
  const { code, message } = toCollectionError(fault, host, '/tasks', []);
  return [code, message];
};
const connection = (errorCode: string): EngineFault => ({ kind: 'connection', errorCode, detail: 'what Node said' });

describe('toCollectionError', () => {
  it.each<[EngineFault, string, string]>([
    [
      connection('ENOENT'),
      'docker_not_found',
      'No Docker Engine at unix:///var/run/docker.sock. Set DOCKER_HOST, or start the worker with the socket mounted.',
    ],
    [
      connection('EACCES'),
      'docker_permission_denied',
      'No permission to use unix:///var/run/docker.sock. Run the worker in the group that owns the socket (usually docker), or set DOCKER_HOST to a read-only socket proxy.',
    ],
    [
      connection('ECONNREFUSED'),
      'docker_unreachable',
      'No Docker Engine answers at unix:///var/run/docker.sock. The socket is there, but nothing listens on it: start Docker, or correct DOCKER_HOST.',
    ],
    [
      connection('DEPTH_ZERO_SELF_SIGNED_CERT'),
      'docker_unreachable',
      'No secure connection to unix:///var/run/docker.sock (what Node said). DOCKER_CERT_PATH must hold the ca.pem, cert.pem and key.pem of that engine.',
    ],
    [
      connection('EHOSTUNREACH'),
      'docker_unreachable',
      'The Docker Engine at unix:///var/run/docker.sock cannot be reached for /tasks (what Node said).',
    ],
    [
      { kind: 'timeout', afterMs: 10_000 },
      'docker_timeout',
      'The Docker Engine at unix:///var/run/docker.sock did not answer /tasks within 10 s. Look at the load of that manager, and whether `docker node ls` answers there.',
    ],
    [
      { kind: 'too_large', maxBytes: 64 * 1024 * 1024 },
      'docker_bad_answer',
      'The Docker Engine at unix:///var/run/docker.sock answered more than 64 MiB to /tasks; the rest was not read.',
    ],
    [{ kind: 'aborted' }, 'aborted', 'The collection was stopped.'],
  ])('%j', (fault, code, message) => {
    expect(told(fault)).toEqual([code, message]);
  });
});

describe('errorMessage', () => {
  it('takes Docker’s message on one line, at most 300 characters, and nothing else', () => {
    expect(errorMessage(JSON.stringify({ message: 'a\nb\u0007c', Env: ['secret'] }))).toBe('a b c');
    expect(errorMessage(JSON.stringify({ message: 'x'.repeat(500) }))).toHaveLength(300);
    expect(errorMessage('<html>secret</html>')).toBeNull();
    expect(errorMessage('{"message":{"a":1}}')).toBeNull();
    expect(errorMessage('null')).toBeNull();
  });
});

describe('faultOf', () => {
  it('keeps a fault and takes anything else as a failed connection', () => {
    expect(faultOf(new EngineFaultError({ kind: 'cut' }))).toEqual({ kind: 'cut' });
    expect(faultOf(Object.assign(new Error('no\nway'), { code: 'EPIPE' }))).toEqual({
      kind: 'connection',
      errorCode: 'EPIPE',
      detail: 'no way',
    });
  });
});
