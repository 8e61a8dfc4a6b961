import { eventually } from '../support/eventually.js';
import { describeWith } from '../support/requires.js';
import { swarmLabMissing } from '../support/swarm-lab.js';
import { departures, SWARM_SHAPES, type WireService, type WireTask } from '../support/swarm-wire.js';
import { type DockerLine, WatchedSwarm } from '../support/watched-swarm.js';

/** Not ended: what Docker's scheduler subtracts from a node. */
const ALIVE = ['pending', 'assigned', 'accepted', 'preparing', 'ready', 'starting', 'running'];
const SERVICES = ['web', 'everywhere', 'resting', 'once', 'sweep', 'nowhere'];
const MODES: Record<string, string> = { 'replicated-job': 'replicated job', 'global-job': 'global job' };
const MB = 1024 * 1024;
/** Of a service at most. */
const SHOWN_FAILURES = 20;

/** The tests build on each other, in order: one swarm lives through them. */
describeWith('what a real swarm of three nodes is said to be', swarmLabMissing(), () => {
  let swarm: WatchedSwarm;
  const soon = (check: () => Promise<void>): Promise<void> => eventually(check, { timeoutMs: 60_000 });

  beforeAll(async () => {
    swarm = await WatchedSwarm.start(1);
    const { lab } = swarm;
    const quickly = ['--stop-grace-period', '1s'];
    const stack = ['--label', 'com.docker.stack.namespace=shop'];
    const small = ['--reserve-cpu', '0.1', '--reserve-memory', '32MB'];
    await lab.createService('web', ['--replicas', '5', ...stack, ...small]);
    await lab.createService('everywhere', ['--mode', 'global', '--reserve-cpu', '0.05']);
    await lab.createService('resting', ['--replicas', '0']);
    await lab.createService('once', ['--mode', 'replicated-job', '--replicas', '2'], ['true']);
    await lab.createService('sweep', ['--mode', 'global-job'], ['true']);
    await lab.createService('nowhere', ['--replicas', '2', '--constraint', 'node.labels.nowhere==yes']);
    const pausing = ['--update-failure-action', 'pause', '--update-monitor', '2s'];
    await lab.createService('upgrade', ['--replicas', '2', ...quickly, ...pausing, '--restart-delay', '1s']);
    await lab.createService('rolling', ['--replicas', '3', ...quickly, '--update-delay', '3s']);
  }, 180_000);
  afterAll(() => swarm?.stop(), 120_000);

  it('shows the nodes as `docker node ls` does', async () => {
    await soon(async () => {
      const { nodes } = await swarm.status();
      const listed = await swarm.listed('node', 'ls');
      expect(
        nodes.map(({ id, hostname, state, availability, is_leader, engine_version }) => ({
          ID: id,
          Hostname: hostname,
          Status: state,
          Availability: availability,
          ManagerStatus: is_leader ? 'Leader' : '',
          EngineVersion: engine_version,
        })),
      ).toEqual(
        listed.map(({ ID, Hostname, Status, Availability, ManagerStatus, EngineVersion }) => ({
          ID,
          Hostname,
          Status: Status!.toLowerCase(),
          Availability: Availability!.toLowerCase(),
          ManagerStatus,
          EngineVersion,
        })),
      );
    });
    expect(await swarm.status()).toMatchObject({
      total_nodes: 3,
      total_managers: 1,
      total_workers: 2,
      nodes: [
        { hostname: 'node1', role: 'manager' },
        { hostname: 'node2', role: 'worker' },
        { hostname: 'node3', role: 'worker' },
      ],
      quorum: { managers: 1, reachable: 1, tolerated_failures: 0 },
      stale: false,
      last_error: null,
    });
  }, 120_000);

  it('counts the services as `docker service ls` does', async () => {
    // Only once all has settled it says something.
    await swarm.expectService('web', { health: 'healthy', running_tasks: 5, stack: 'shop' });
    await soon(async () => {
      const shown = (await swarm.services()).map(serviceAsDockerSays);
      const listed = (await swarm.listed('service', 'ls')).map(({ Name, Mode, Image, Replicas }) => ({
        Name: Name!,
        Mode,
        Image,
        Replicas: Replicas!.replace(/\/\d+ (?=\()/, ' '),
      }));
      expect(shown).toEqual(listed.sort((a, b) => (a.Name < b.Name ? -1 : 1)));
    });
  }, 120_000);

  it('shows the tasks as `docker service ps` does', async () => {
    await soon(async () => {
      const shown = (await swarm.tasks()).filter(({ service_name }) => SERVICES.includes(service_name ?? ''));
      const listed = await swarm.listed('service', 'ps', '--no-trunc', ...SERVICES);
      expect(shown.length).toBeGreaterThan(10);
      expect(byId(shown.map(taskAsDockerSays))).toEqual(
        byId(
          listed.map(({ ID, Node, DesiredState, CurrentState, Error }) => ({
            ID: ID!,
            Node,
            DesiredState: DesiredState!.toLowerCase(),
            CurrentState: wordOf(CurrentState),
            Error: Error!.replaceAll('"', ''),
          })),
        ),
      );
    });
  }, 120_000);

  it('adds up what is reserved on each node, from what Docker says of its tasks and services', async () => {
    await soon(async () => {
      for (const node of (await swarm.status()).nodes) {
        const tasks = await swarm.listed('node', 'ps', '--no-trunc', node.hostname);
        const alive = tasks.filter(({ CurrentState }) => ALIVE.includes(wordOf(CurrentState)));
        const [web, everywhere] = ['web', 'everywhere'].map(
          (name) => alive.filter(({ Name }) => Name!.startsWith(`${name}.`)).length,
        ) as [number, number];
        const size = await swarm.docker('node', 'inspect', node.id, '--format', '{{json .Description.Resources}}');
        const { NanoCPUs, MemoryBytes } = JSON.parse(size) as { NanoCPUs: number; MemoryBytes: number };
        const cpus = web * 100_000_000 + everywhere * 50_000_000;
        const memory = web * 32 * MB;
        expect(everywhere).toBe(1);
        expect(node).toMatchObject({
          cpu_count: NanoCPUs / 1e9,
          running_tasks: alive.filter(({ CurrentState }) => wordOf(CurrentState) === 'running').length,
          unreserved_tasks: alive.length - web - everywhere,
          available_capacity: Math.floor(Math.min((NanoCPUs - cpus) / 1e8, (MemoryBytes - memory) / 1e8)),
          resource_usage: {
            reserved_cpu_nanos: cpus,
            reserved_memory_bytes: memory,
            available_cpu_nanos: NanoCPUs - cpus,
            available_memory_bytes: MemoryBytes - memory,
          },
        });
        expect(node.memory_gb).toBeCloseTo(MemoryBytes / 1024 ** 3, 2);
      }
    });
  }, 120_000);

  it('judges services of every mode that do what they should', async () => {
    await swarm.expectService('web', { mode: 'replicated', health: 'healthy', reasons: [], desired_tasks: 5 });
    await swarm.expectService('everywhere', {
      mode: 'global',
      health: 'healthy',
      reasons: [],
      desired_tasks: 3,
      running_tasks: 3,
    });
    await swarm.expectService('resting', { mode: 'replicated', health: 'scaled_to_zero', desired_tasks: 0 });
    const complete: Partial<WireService> = { health: 'job_complete', running_tasks: 0, reasons: [] };
    await swarm.expectService('once', { ...complete, mode: 'replicated-job', desired_tasks: 2, completed_tasks: 2 });
    await swarm.expectService('sweep', { ...complete, mode: 'global-job', desired_tasks: 3, completed_tasks: 3 });
  }, 120_000);

  it('tells why a task is pending', async () => {
    const reason = 'no suitable node (scheduling constraints not satisfied on 3 nodes)';
    await swarm.expectService('nowhere', { health: 'down', desired_tasks: 2, running_tasks: 0 });
    await soon(async () => expect((await swarm.service('nowhere')).reasons).toContain(`2 tasks pending: ${reason}`));
    const waiting = await swarm.tasks('problem=true&service=nowhere');
    expect(waiting).toHaveLength(2);
    for (const task of waiting) expect(task).toMatchObject({ state: 'pending', node_id: null, error: reason });
    const found = (await swarm.problems()).filter((problem) => problem.reason.startsWith('nowhere:'));
    expect(found.map(({ code }) => code)).toEqual(['service_down', 'task_pending']);
    for (const problem of found) {
      expect(problem.reason).toContain(reason);
      expect(problem.since).toMatch(/^20\d\d-/);
    }
  }, 120_000);

  it('calls a crash loop flapping, with its exit code', async () => {
    await swarm.lab.createService('crashing', ['--restart-delay', '1s'], ['false']);
    await swarm.lab.createService('hopeless', ['--mode', 'replicated-job', '--restart-delay', '1s'], ['false']);
    await swarm.expectService('crashing', { health: 'flapping', desired_tasks: 1 });
    const { failures, restarts_per_hour } = await swarm.service('crashing');
    expect(restarts_per_hour).toBeGreaterThanOrEqual(3);
    expect(failures[0]).toMatchObject({ slot: 1, message: 'task: non-zero exit (1)', exit_code: 1 });
    expect(failures[0]!.node).toMatch(/^node[123]$/);
    expect(await swarm.problems()).toContainEqual(
      expect.objectContaining({ code: 'service_flapping', severity: 'critical', exit_code: 1 }),
    );
    await soon(async () => expect((await swarm.status()).services_summary).toMatchObject({ flapping: 1, total: 10 }));
  }, 120_000);

  it('tells of a job that fails again and again', async () => {
    await swarm.expectService('hopeless', { health: 'job_failed', completed_tasks: 0, desired_tasks: 1 });
    expect((await swarm.problems()).map(({ code }) => code)).toContain('job_failed');
  }, 120_000);

  it('remembers failures that Docker forgets, and counts none twice', async () => {
    await soon(async () => expect((await swarm.service('crashing')).failures.length).toBeGreaterThan(6));
    const { failures, restarts_per_hour } = await swarm.service('crashing');
    expect(failures).toHaveLength(Math.min(restarts_per_hour!, SHOWN_FAILURES));
    expect(new Set(failures.map((failure) => JSON.stringify(failure))).size).toBe(failures.length);
    // Docker keeps the last five tasks of a slot, beside the one that is to run.
    await soon(async () =>
      expect((await swarm.listed('service', 'ps', '--no-trunc', 'crashing')).length).toBeLessThanOrEqual(6),
    );
  }, 120_000);

  it('shows a rolling update while it goes, and that it is over', async () => {
    await swarm.docker('service', 'update', '--detach', '--no-resolve-image', '--env-add', 'NEW=1', 'rolling');
    await swarm.expectService('rolling', { health: 'updating', update_state: 'updating' });
    await swarm.expectService('rolling', { health: 'healthy', update_state: 'completed', running_tasks: 3 }, 120_000);
  }, 180_000);

  it('tells of an update that failed', async () => {
    await swarm.docker('service', 'update', '--detach', '--no-resolve-image', '--args', 'false', 'upgrade');
    await swarm.expectService('upgrade', { health: 'update_failed', update_state: 'paused' }, 120_000);
    expect((await swarm.service('upgrade')).reasons[0]).toMatch(/^the update is paused: update paused due to failure/);
    expect((await swarm.problems()).map(({ code }) => code)).toContain('service_update_failed');
  }, 180_000);

  it.each(Object.entries(SWARM_SHAPES))('keeps to the contract in /status/swarm%s', async (path, shape) => {
    const response = await swarm.product.fetch(`/api/v1/status/swarm${path}`);
    expect(response.status).toBe(200);
    expect(departures(await response.json(), shape)).toEqual([]);
  });

  it('answers under its other name as well', async () => {
    const body = await swarm.product.json('/api/v1/status/cluster');
    expect(departures(body, SWARM_SHAPES['']!)).toEqual([]);
  });

  it('takes requests to refresh, many as one', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => swarm.askForRefresh()));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202]);
    const bodies = await Promise.all(
      answers.map((answer) => answer.json() as Promise<{ data: { job_id: string; coalesced: boolean } }>),
    );
    const jobs = new Set(bodies.map(({ data }) => data.job_id));
    expect(jobs.size).toBeLessThan(5);
    expect(bodies.filter(({ data }) => !data.coalesced)).toHaveLength(jobs.size);
  });

  it('only reads, never asks for the join tokens, and logs no error', () => {
    const { calls } = swarm.proxy;
    expect(calls.filter(({ method }) => method !== 'GET')).toEqual([]);
    const paths = [...new Set(calls.map(({ path }) => path))];
    expect(paths.sort()).toEqual(['/_ping', '/events', '/info', '/nodes', '/services', '/tasks']);
    expect(swarm.product.lines.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
  });
});

/** Of a job Docker's client shows what runs, of how many that may run at once (which is not compared), and the completed ones. */
function serviceAsDockerSays({ name, mode, image, ...counts }: WireService): DockerLine {
  const { docker_running_tasks: running, desired_tasks: desired, completed_tasks: completed } = counts;
  const replicas = mode.endsWith('-job') ? `${running} (${completed}/${desired} completed)` : `${running}/${desired}`;
  return { Name: name, Mode: MODES[mode] ?? mode, Image: image, Replicas: replicas };
}

function taskAsDockerSays({ id, hostname, desired_state, state, error }: WireTask) {
  return { ID: id, Node: hostname ?? '', DesiredState: desired_state, CurrentState: state, Error: error ?? '' };
}

/** `running` of `Running 5 seconds ago`. */
function wordOf(currentState = ''): string {
  return currentState.split(' ')[0]!.toLowerCase();
}

function byId<T extends { ID: string }>(lines: T[]): T[] {
  return lines.sort((a, b) => (a.ID < b.ID ? -1 : 1));
}
