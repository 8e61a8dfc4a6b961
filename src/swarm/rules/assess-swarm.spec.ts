import {
  aFailure,
  ago,
  aNode,
  aPendingTask,
  aRemembered,
  aService,
  assess,
  aTask,
  COLLECTION,
  isoAgo,
  NO_MEMORY,
  NODE3_DOWN,
  NOW,
  TASK_SIZE,
  THREE_NODES,
  times,
} from '../../../test/support/swarm-facts.js';
import { SERVICE_HEALTHS } from '../picture/swarm-picture.js';
import { assessSwarm, notInSwarm } from './assess-swarm.js';

describe('after a node died', () => {
  // Seen on a real swarm: for a minute Docker counts 40 of 30, the ten dead ones and those that replace them.
  const docker = { desiredTasks: 30, runningTasks: 40, completedTasks: 0 };
  const service = aService({ replicas: 30, docker });
  const tasks = times(30, (slot) => aTask({ slot, nodeId: `node${(slot % 3) + 1}-id` })).flatMap((task) =>
    task.nodeId === 'node3-id'
      ? [{ ...task, desiredState: 'shutdown' }, aTask({ slot: task.slot, nodeId: 'node1-id' })]
      : [task],
  );
  const { picture } = assess({ nodes: NODE3_DOWN, services: [service], tasks });

  it('counts 30 where Docker counts 40', () => {
    expect(tasks).toHaveLength(40);
    expect(picture.services[0]).toMatchObject({
      health: 'healthy',
      desiredTasks: 30,
      runningTasks: 30,
      dockerRunningTasks: 40,
    });
  });

  it('shows the node down, since when, and nothing running on it', () => {
    const node = picture.nodes.find(({ hostname }) => hostname === 'node3');
    expect(node).toMatchObject({ state: 'down', runningTasks: 0, availableCapacity: 0 });
    expect(node?.downSince).toBe(isoAgo(30));
  });

  it('marks the tasks that Docker still calls running there', () => {
    const lost = picture.tasks.filter(({ hostname }) => hostname === 'node3');
    expect(lost).toHaveLength(10);
    expect(lost.every(({ problem, state }) => problem && state === 'running')).toBe(true);
  });
});

describe('the picture', () => {
  it('carries what it is given', () => {
    const { picture, memory } = assess({}, { downSince: { gone: isoAgo(9) }, failures: { gone: [aRemembered(9)] } });
    expect(picture).toMatchObject({ revision: 'r1', collectedAt: NOW.toISOString(), swarmActive: true, error: null });
    expect(picture).toMatchObject({ collection: COLLECTION, refreshDurationSeconds: 0 });
    expect(memory).toEqual(NO_MEMORY);
  });

  it('sorts services by name and tasks by service, slot, newest first', () => {
    const services = [aService({ name: 'b', replicas: 2 }), aService({ name: 'a' })];
    const task = (serviceId: string, slot: number, seconds: number) =>
      aTask({ id: `${serviceId}.${slot}.${seconds}`, serviceId, slot, createdAt: ago(seconds) });
    const tasks = [task('b-id', 2, 5), task('b-id', 1, 9), task('gone', 1, 1), task('a-id', 1, 3), task('b-id', 1, 4)];
    const { picture } = assess({ services, tasks });
    expect(picture.services.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(picture.tasks.map(({ id }) => id)).toEqual(['a-id.1.3', 'b-id.1.4', 'b-id.1.9', 'b-id.2.5', 'gone.1.1']);
  });

  it('leaves the facts as they are', () => {
    const facts = { nodes: THREE_NODES, services: [aService()], tasks: [aTask({ slot: 2 }), aTask({ slot: 1 })] };
    const before = structuredClone(facts);
    assess(facts);
    expect(facts).toEqual(before);
  });

  it('is the same for the same input', () => {
    const facts = { info: null, nodes: NODE3_DOWN, services: [aService()], tasks: [aFailure(5), aTask()] };
    const input = { facts, memory: NO_MEMORY, now: NOW, taskSize: TASK_SIZE, revision: 'r', collection: COLLECTION };
    expect(assessSwarm(input)).toEqual(assessSwarm(structuredClone(input)));
  });

  it('counts every word of health', () => {
    const services = [aService({ name: 'zero', replicas: 0 }), aService(), aService({ name: 'down' })];
    const { servicesSummary } = assess({ services, tasks: [aTask()] }).picture;
    const others = Object.fromEntries(SERVICE_HEALTHS.map((health) => [health, 0]));
    expect(servicesSummary).toEqual({ ...others, total: 3, healthy: 1, scaled_to_zero: 1, down: 1 });
  });

  it('passes on what it does not judge', () => {
    const ports = [{ protocol: 'tcp', targetPort: 80, publishedPort: 8080, publishMode: 'ingress' }];
    const service = aService({
      stack: 'shop',
      constraints: ['node.role==worker'],
      publishedPorts: ports,
      reservedNanoCpus: 5,
    });
    const [seen] = assess({ services: [service] }).picture.services;
    expect(seen).toMatchObject({
      stack: 'shop',
      image: 'web:1',
      mode: 'replicated',
      constraints: ['node.role==worker'],
      publishedPorts: ports,
      reservedCpuNanos: 5,
      dockerRunningTasks: null,
      createdAt: service.createdAt,
    });
  });
});

describe('a task', () => {
  it('is shown with the names it belongs to', () => {
    const task = aPendingTask({ id: 't' });
    const [seen] = assess({ services: [aService({ stack: 'shop' })], tasks: [task] }).picture.tasks;
    expect(seen).toEqual({
      id: 't',
      serviceId: 'web-id',
      serviceName: 'web',
      slot: 1,
      nodeId: null,
      hostname: null,
      state: 'pending',
      desiredState: 'running',
      message: 'pending task scheduling',
      error: 'no suitable node (scheduling constraints not satisfied on 3 nodes)',
      exitCode: null,
      since: task.since,
      stack: 'shop',
      problem: true,
    });
  });

  it('may belong to nothing that is known', () => {
    const [seen] = assess({ tasks: [aTask({ nodeId: 'deleted' })] }).picture.tasks;
    expect(seen).toMatchObject({ serviceName: null, stack: null, hostname: null, nodeId: 'deleted' });
  });

  it('of a job has slot 0 where Docker leaves it out', () => {
    const services = [aService({ mode: 'replicated-job' })];
    expect(assess({ services, tasks: [aTask({ slot: null })] }).picture.tasks[0]?.slot).toBe(0);
    expect(
      assess({ services: [aService({ mode: 'global' })], tasks: [aTask({ slot: null })] }).picture.tasks[0]?.slot,
    ).toBeNull();
  });

  it.each([
    ['running', aTask(), false],
    ['shut down by an update', aTask({ state: 'shutdown', exitCode: 137 }), false],
    ['complete', aTask({ state: 'complete' }), false],
    ['just created', aPendingTask({ error: null, createdAt: ago(1) }), false],
    ['pending with a reason', aPendingTask(), true],
    ['pending, but not wanted any more', aPendingTask({ desiredState: 'shutdown' }), false],
    ['failed', aFailure(9), true],
    ['rejected', aFailure(9, { state: 'rejected' }), true],
    ['orphaned', aTask({ state: 'orphaned' }), true],
    ['running on a deleted node', aTask({ nodeId: 'deleted' }), true],
  ])('%s: problem %s', (_name, task, problem) => {
    expect(assess({ services: [aService()], tasks: [task] }).picture.tasks[0]?.problem).toBe(problem);
  });

  it('has an exit code only once its process ended', () => {
    const tasks = [
      aTask({ exitCode: 0 }),
      aTask({ state: 'rejected', exitCode: 0 }),
      aTask({ state: 'failed', exitCode: 3 }),
    ];
    expect(
      assess({ tasks: tasks.map((task, slot) => ({ ...task, slot })) }).picture.tasks.map(({ exitCode }) => exitCode),
    ).toEqual([null, null, 3]);
  });
});

describe('not in a swarm', () => {
  const memory = { downSince: { a: isoAgo(5) }, failures: { b: [aRemembered(5)] } };
  const answer = notInSwarm({ memory, now: NOW, revision: 'r9', collection: COLLECTION });

  it('is an empty picture that says so', () => {
    expect(answer.picture).toMatchObject({
      revision: 'r9',
      swarmActive: false,
      error: 'Not in swarm mode',
      nodes: [],
      services: [],
      tasks: [],
      problems: [],
      warnings: [],
      quorum: { managers: 0, reachable: 0, toleratedFailures: 0 },
    });
    expect(answer.picture.servicesSummary.total).toBe(0);
  });

  it('keeps what was remembered', () => expect(answer.memory).toEqual(memory));
});

it('judges an empty swarm without dividing by nothing', () => {
  const { picture } = assess({ nodes: [aNode('lonely', { role: 'manager', nanoCpus: 0, memoryBytes: 0 })] });
  expect(JSON.stringify(picture)).not.toMatch(/NaN|Infinity|undefined/);
  expect(picture.problems).toEqual([]);
});
