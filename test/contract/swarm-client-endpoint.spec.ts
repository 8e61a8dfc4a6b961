import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { eventually } from '../support/eventually.js';
import { startFakeEngine } from '../support/fake-engine.js';
import { makeCertificates, opensslMissing, startTlsFront } from '../support/fake-engine-tls.js';
import { describeWith } from '../support/requires.js';
import { clientOf, failure, never } from '../support/swarm-client.js';

beforeAll(() => Logger.overrideLogger(false));

describe('DockerodeSwarmClient and its endpoint', () => {
  const folder = mkdtempSync(join(tmpdir(), 'swd-ep-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('reaches an engine over TCP', async () => {
    const engine = await startFakeEngine({ tcp: true });
    const client = clientOf({ DOCKER_HOST: engine.dockerHost });
    expect(await client.collect(never)).toMatchObject({ kind: 'facts', host: engine.dockerHost });
    await engine.close();
    expect(await failure(client)).toMatchObject({ code: 'docker_unreachable', message: /Nothing listens there/ });
  });

  it('takes nothing from the environment of the process', async () => {
    const engine = await startFakeEngine();
    const { DOCKER_HOST, DOCKER_CERT_PATH } = process.env;
    process.env['DOCKER_HOST'] = 'tcp://127.0.0.1:1';
    try {
      const client = clientOf({ DOCKER_HOST: engine.dockerHost });
      expect(await client.collect(never)).toMatchObject({ kind: 'facts' });
      process.env['DOCKER_CERT_PATH'] = '/nowhere';
      expect(await failure(clientOf({ DOCKER_HOST: engine.dockerHost }))).toMatchObject({
        message: expect.stringContaining('DOCKER_CERT_PATH cannot be read (ENOENT)'),
      });
    } finally {
      restore({ DOCKER_HOST, DOCKER_CERT_PATH });
      await engine.close();
    }
  });

  it('says what is wrong with a socket', async () => {
    const stale = join(folder, 's.sock');
    const server = createServer().listen(stale);
    await eventually(() => expect(server.listening).toBe(true));
    server.close();
    writeFileSync(join(folder, 'file'), '');
    expect(await failure(clientOf({ DOCKER_HOST: `unix://${folder}/none` }))).toMatchObject({
      code: 'docker_not_found',
    });
    expect(await failure(clientOf({ DOCKER_HOST: `unix://${folder}/file` }))).toMatchObject({
      code: 'docker_unreachable',
      message: /The socket is there, but nothing listens on it/,
    });
  });

  it.each([
    ['ssh://root@m1', /ssh:\/\/m1 cannot be used: ssh:\/\/ is not supported/],
    ['npipe:////./pipe/docker_engine', /npipe:\/\/ is not supported/],
    ['tcp://no-such-host.invalid', /cannot be resolved/],
  ])('explains %s', async (host, words) => {
    expect(await failure(clientOf({ DOCKER_HOST: host }, { callMs: 40_000, collectMs: 40_000 }))).toMatchObject({
      code: 'docker_unreachable',
      message: words,
    });
  });

  it('names the certificate that cannot be read', async () => {
    const env = { DOCKER_HOST: 'tcp://127.0.0.1:1', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder };
    expect(await failure(clientOf(env))).toMatchObject({
      code: 'docker_unreachable',
      message: expect.stringContaining('ca.pem of DOCKER_CERT_PATH cannot be read (ENOENT)'),
    });
  });

  it('tries the next manager, and remembers which one answered', async () => {
    const [worker, silent, manager] = await Promise.all([startFakeEngine(), startFakeEngine(), startFakeEngine()]);
    worker.setMode('worker');
    silent.setMode('hang');
    const hosts = [worker, silent, manager].map(({ dockerHost }) => dockerHost).join(',');
    const client = clientOf({ SWARMWARD_DOCKER_HOSTS: hosts }, { callMs: 1_000 });
    expect(await client.collect(never)).toMatchObject({ kind: 'facts', host: manager.dockerHost });
    expect(await client.collect(never)).toMatchObject({ kind: 'facts', host: manager.dockerHost });
    expect(silent.calls).toHaveLength(1);

    manager.setMode('not-swarm');
    silent.setMode('not-swarm');
    const error = await failure(client);
    expect(error).toMatchObject({ code: 'not_a_manager' });
    worker.setMode('ok');
    expect(await client.collect(never)).toMatchObject({ kind: 'facts', host: worker.dockerHost });
    worker.setMode('not-swarm');
    expect(await client.collect(never)).toMatchObject({ kind: 'not-in-swarm' });
    await Promise.all([worker, silent, manager].map((engine) => engine.close()));
  });

  it('reaches every manager although the time for one collection is used up by silent ones', async () => {
    const [first, second, good] = await Promise.all([startFakeEngine(), startFakeEngine(), startFakeEngine()]);
    first.setMode('hang');
    second.setMode('hang');
    const hosts = [first, second, good].map(({ dockerHost }) => dockerHost).join(',');
    const client = clientOf({ SWARMWARD_DOCKER_HOSTS: hosts }, { callMs: 1_000, collectMs: 1_500 });
    expect(await failure(client)).toMatchObject({ code: 'docker_timeout' });
    expect(await client.collect(never)).toMatchObject({ kind: 'facts', host: good.dockerHost });
    await Promise.all([first, second, good].map((engine) => engine.close()));
  });
});

describeWith('DockerodeSwarmClient over TCP with mutual TLS', opensslMissing(), () => {
  it('gets in with its certificate, and says what is wrong without', async () => {
    const [own, other] = [mkdtempSync(join(tmpdir(), 'swd-tls-')), mkdtempSync(join(tmpdir(), 'swd-tls-'))];
    makeCertificates(own);
    makeCertificates(other);
    const engine = await startFakeEngine();
    const front = await startTlsFront(own, engine.dockerHost.slice('unix://'.length));
    const env = { DOCKER_HOST: front.dockerHost, DOCKER_TLS_VERIFY: '1' };

    expect(await clientOf({ ...env, DOCKER_CERT_PATH: own }).collect(never)).toMatchObject({
      kind: 'facts',
      host: front.dockerHost,
    });
    expect(await failure(clientOf({ ...env, DOCKER_CERT_PATH: other }))).toMatchObject({
      code: 'docker_unreachable',
      message: expect.stringMatching(/^No secure connection to tcp:.* DOCKER_CERT_PATH must hold the ca\.pem/),
    });
    copyFileSync(join(own, 'ca.pem'), join(other, 'ca.pem'));
    expect(await failure(clientOf({ ...env, DOCKER_CERT_PATH: other }))).toMatchObject({ code: 'docker_unreachable' });
    expect(await failure(clientOf({ DOCKER_HOST: front.dockerHost }))).toMatchObject({ code: 'docker_unreachable' });
    expect(engine.callsOf('/nodes')).toHaveLength(1);

    await front.close();
    await engine.close();
    for (const folder of [own, other]) rmSync(folder, { recursive: true, force: true });
  });
});

function restore(variables: Record<string, string | undefined>): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}
