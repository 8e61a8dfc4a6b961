import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { readSettings } from '../../src/platform/config/read-settings.js';
import { DockerodeSwarmClient } from '../../src/swarm/engine/dockerode-swarm.client.js';
import type { SwarmChangeHint } from '../../src/swarm/engine/swarm-client.port.js';
import { type EngineProxy, startEngineProxy } from '../support/engine-proxy.js';
import { eventually } from '../support/eventually.js';
import { PLANTED_SECRET } from '../support/fake-engine-payloads.js';
import { describeWith } from '../support/requires.js';
import { clientOf, failure, never } from '../support/swarm-client.js';
import { type SwarmLab, startSwarmLab, swarmLabMissing } from '../support/swarm-lab.js';

/** What `docker inspect` prints of one object; only the fields compared here. */
interface Inspected {
  ID: string;
  CreatedAt: string;
  Spec: { Role: string };
  ManagerStatus?: { Leader?: boolean; Reachability: string };
  Description: {
    Hostname: string;
    Engine: { EngineVersion: string };
    Resources: { NanoCPUs: number; MemoryBytes: number };
  };
  DesiredState: string;
  Status: { State: string; Timestamp: string };
}

beforeAll(() => Logger.overrideLogger(false));

describeWith('DockerodeSwarmClient on a real swarm of three nodes', swarmLabMissing(), () => {
  let lab: SwarmLab;
  let proxy: EngineProxy;
  let folder: string;
  let client: DockerodeSwarmClient;

  const facts = async () => {
    const collection = await client.collect(never);
    if (collection.kind !== 'facts') throw new Error(`It answered ${collection.kind}`);
    return collection.facts;
  };
  const inspect = async (kind: string, ids: string[]): Promise<Inspected[]> =>
    JSON.parse(await lab.docker(0, [kind, 'inspect', ...ids]));

  beforeAll(async () => {
    lab = await startSwarmLab({ nodes: 3 });
    folder = mkdtempSync(join(tmpdir(), 'swd-px-'));
    proxy = await startEngineProxy(join(folder, 'p.sock'), lab.nodes[0]!.socketPath);
    client = new DockerodeSwarmClient(readSettings({ DOCKER_HOST: proxy.dockerHost }));
  }, 60_000);
  afterAll(async () => {
    await proxy?.close();
    await lab?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  it('knows the nodes as Docker does', async () => {
    const { nodes, info } = await facts();
    const real = await inspect(
      'node',
      nodes.map(({ id }) => id),
    );
    expect(nodes).toHaveLength(3);
    expect(nodes).toEqual(
      real.map((node) =>
        expect.objectContaining({
          id: node.ID,
          hostname: node.Description.Hostname,
          role: node.Spec.Role,
          availability: 'active',
          state: 'ready',
          isLeader: node.ManagerStatus?.Leader ?? false,
          reachability: node.ManagerStatus?.Reachability ?? null,
          engineVersion: node.Description.Engine.EngineVersion,
          nanoCpus: node.Description.Resources.NanoCPUs,
          memoryBytes: node.Description.Resources.MemoryBytes,
          createdAt: node.CreatedAt,
        }),
      ),
    );
    expect(nodes.map(({ address }) => address).sort()).toEqual(['192.168.99.1', '192.168.99.2', '192.168.99.3']);
    expect(info).toMatchObject({ name: 'node1', localNodeState: 'active', controlAvailable: true });
  });

  it('makes five calls, then four', async () => {
    const fresh = new DockerodeSwarmClient(readSettings({ DOCKER_HOST: proxy.dockerHost }));
    proxy.calls.length = 0;
    await fresh.collect(never);
    expect(proxy.calls).toHaveLength(5);
    await fresh.collect(never);
    expect(proxy.calls).toHaveLength(9);
    expect(proxy.calls.every(({ method, status }) => method === 'GET' && status === 200)).toBe(true);
    expect(new Set(proxy.calls.map(({ path }) => path))).toEqual(
      new Set(['/_ping', '/info', '/nodes', '/services', '/tasks']),
    );
  });

  it('knows services of every mode and their tasks as Docker does, and nothing of their environment', async () => {
    const stop = new AbortController();
    const hints: SwarmChangeHint[] = [];
    const watching = client.watch((hint) => hints.push(hint), stop.signal);
    await eventually(() =>
      expect(proxy.calls.some(({ path, status }) => path === '/events' && status === 200)).toBe(true),
    );
    const reserve = ['--reserve-cpu', '0.25', '--reserve-memory', '32M'];
    const secret = ['--env', `PLANTED_ENV=${PLANTED_SECRET}`, '--label', 'com.docker.stack.namespace=shop'];
    await lab.createService('web', ['--replicas', '3', ...reserve, ...secret, '--publish', '8080:80']);
    await lab.createService('every', ['--mode', 'global']);
    await lab.createService('job', ['--mode', 'replicated-job', '--replicas', '2'], ['true']);
    await lab.createService('every-job', ['--mode', 'global-job'], ['true']);
    await lab.createService('asleep', ['--replicas', '0']);
    await lab.createService('crash', ['--restart-delay', '1s'], ['sh', '-c', 'exit 3']);
    await lab.createService('nowhere', ['--constraint', 'node.labels.disk==gold']);
    await eventually(() => expect(hints.filter(({ detail }) => detail === 'service create')).toHaveLength(7));
    stop.abort();
    await watching;

    await eventually(
      async () => {
        const { services, tasks } = await facts();
        const byName = Object.fromEntries(services.map((service) => [service.name, service]));
        const tasksOf = (name: string) => tasks.filter(({ serviceId }) => serviceId === byName[name]!.id);
        expect(byName).toMatchObject({
          web: {
            mode: 'replicated',
            replicas: 3,
            stack: 'shop',
            image: 'lab:1',
            docker: { desiredTasks: 3, runningTasks: 3, completedTasks: 0 },
            reservedNanoCpus: 250_000_000,
            reservedMemoryBytes: 33_554_432,
            publishedPorts: [{ protocol: 'tcp', targetPort: 80, publishedPort: 8080, publishMode: 'ingress' }],
          },
          every: { mode: 'global', replicas: null, docker: { desiredTasks: 3, runningTasks: 3 } },
          job: { mode: 'replicated-job', replicas: 2, docker: { completedTasks: 2 }, jobIteration: expect.any(Number) },
          'every-job': { mode: 'global-job', replicas: null, docker: { completedTasks: 3 } },
          asleep: { mode: 'replicated', replicas: 0, docker: { desiredTasks: 0 } },
          nowhere: { constraints: ['node.labels.disk==gold'], docker: { desiredTasks: 1, runningTasks: 0 } },
        });
        expect(
          tasksOf('web')
            .map(({ slot }) => slot)
            .sort(),
        ).toEqual([1, 2, 3]);
        expect(tasksOf('web')[0]).toMatchObject({ state: 'running', exitCode: null, reservedNanoCpus: 250_000_000 });
        expect(new Set(tasksOf('every').map(({ nodeId }) => nodeId)).size).toBe(3);
        expect(tasksOf('every').every(({ slot }) => slot === null)).toBe(true);
        expect(tasksOf('job')).toHaveLength(2);
        for (const task of tasksOf('job')) {
          expect(task).toMatchObject({ state: 'complete', exitCode: 0, jobIteration: byName['job']!.jobIteration });
        }
        expect(tasksOf('nowhere')).toEqual([
          expect.objectContaining({
            state: 'pending',
            nodeId: null,
            error: expect.stringContaining('no suitable node'),
          }),
        ]);
        const failed = tasksOf('crash').filter(({ state }) => state === 'failed');
        expect(failed.length).toBeGreaterThan(1);
        expect(failed[0]).toMatchObject({ exitCode: 3, error: 'task: non-zero exit (3)', desiredState: 'shutdown' });
        const settled = tasks.filter(({ serviceId }) => serviceId !== byName['crash']!.id);
        const real = await inspect(
          'service',
          services.map(({ id }) => id),
        );
        expect(services.map(({ createdAt }) => createdAt)).toEqual(real.map(({ CreatedAt }) => CreatedAt));
        const shown = await lab.docker(0, ['inspect', '--type', 'task', ...settled.map(({ id }) => id)]);
        expect(settled.map(({ id, state, desiredState, since }) => [id, state, desiredState, since])).toEqual(
          (JSON.parse(shown) as Inspected[]).map((task) => [
            task.ID,
            task.Status.State,
            task.DesiredState,
            task.Status.Timestamp,
          ]),
        );
      },
      { timeoutMs: 90_000, everyMs: 500 },
    );
    expect(JSON.stringify(await client.collect(never))).not.toContain(PLANTED_SECRET);
  }, 150_000);

  it('asks a worker in vain and goes on to the manager', async () => {
    const [manager, worker] = lab.nodes.map(({ dockerHost }) => dockerHost) as [string, string];
    const alone = new DockerodeSwarmClient(readSettings({ DOCKER_HOST: worker }));
    expect(await failure(alone)).toMatchObject({ code: 'not_a_manager' });
    const both = new DockerodeSwarmClient(readSettings({ SWARMWARD_DOCKER_HOSTS: `${worker},${manager}` }));
    expect(await both.collect(never)).toMatchObject({ kind: 'facts', host: manager });
  });

  it('sees an engine that left as one in no swarm', async () => {
    await lab.docker(1, ['swarm', 'leave']);
    const outside = new DockerodeSwarmClient(readSettings({ DOCKER_HOST: lab.nodes[1]!.dockerHost }));
    await eventually(async () =>
      expect(await outside.collect(never)).toMatchObject({
        kind: 'not-in-swarm',
        info: { localNodeState: 'inactive' },
      }),
    );
  });

  it('sees a killed node as down, and a killed manager as a failure that it gets over', async () => {
    await lab.killNode(2);
    await eventually(
      async () => {
        const { nodes } = await facts();
        expect(nodes.find(({ hostname }) => hostname === 'node3')).toMatchObject({ state: 'down' });
      },
      { timeoutMs: 90_000, everyMs: 500 },
    );
    const direct = new DockerodeSwarmClient(readSettings({ DOCKER_HOST: lab.nodes[0]!.dockerHost }));
    await direct.collect(never);
    await lab.killNode(0);
    expect(await failure(direct)).toMatchObject({ code: 'docker_unreachable' });
    await lab.startNode(0);
    await eventually(async () => expect(await direct.collect(never)).toMatchObject({ kind: 'facts' }), {
      timeoutMs: 90_000,
      everyMs: 500,
    });
  }, 240_000);

  it('times out on a frozen engine', async () => {
    const direct = clientOf({ DOCKER_HOST: lab.nodes[0]!.dockerHost }, { callMs: 1_000, collectMs: 1_500 });
    process.kill(lab.nodes[0]!.pid, 'SIGSTOP');
    try {
      expect(await failure(direct)).toMatchObject({ code: 'docker_timeout' });
    } finally {
      process.kill(lab.nodes[0]!.pid, 'SIGCONT');
    }
  });
});
