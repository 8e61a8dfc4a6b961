import type { EngineFacts } from '../engine/engine-facts.js';
import {
  aFailure,
  ago,
  aNode,
  aPendingTask,
  aRemembered,
  aService,
  assess,
  aTask,
  isoAgo,
  NO_MEMORY,
  NODE3_DOWN,
  THREE_NODES,
  times,
} from '../../../test/support/swarm-facts.js';
import { PROBLEM_CODES } from './problems.js';

const problemsOf = (facts: Partial<EngineFacts>, memory = NO_MEMORY) => assess(facts, memory).picture.problems;
const service = aService({ replicas: 2 });
const RUNNING = times(2, (slot) => aTask({ slot }));

// prettier-ignore
it.each<[name: string, facts: Partial<EngineFacts>, problems: string[]]>([
  ['all is well', { services: [service], tasks: RUNNING }, []],
  ['history that healed', { services: [service], tasks: [...RUNNING, aFailure(99), aFailure(999, { slot: 2 })] }, []],
  ['history of yesterday', { services: [service], tasks: [...RUNNING, ...times(4, (n) => aFailure(90_000 + n))] }, []],
  ['a node down', { nodes: NODE3_DOWN }, ['critical node_down node3']],
  ['a drained node down', { nodes: [aNode('node3', { state: 'down', availability: 'drain' })] }, ['warning node_down node3']],
  ['a node disconnected', { nodes: [aNode('node3', { state: 'disconnected' })] }, ['warning node_not_ready node3']],
  ['a manager unreachable', { nodes: [...times(3, (n) => aNode(`m${n}`, { role: 'manager' })), aNode('m4', { role: 'manager', reachability: 'unreachable' })] }, ['warning manager_unreachable m4']],
  ['quorum lost', { nodes: times(3, (n) => aNode(`m${n}`, { role: 'manager', reachability: n === 1 ? 'reachable' : 'unreachable' })) }, ['critical quorum_lost null', 'warning manager_unreachable m2', 'warning manager_unreachable m3']],
  ['tasks that fit nowhere: one row', { services: [service], tasks: times(2, (slot) => aPendingTask({ slot })) }, ['critical service_down web', 'warning task_pending web.1']],
  ['one slot of two pending', { services: [service], tasks: [aTask(), aPendingTask({ slot: 2 })] }, ['warning service_degraded web', 'warning task_pending web.2']],
  ['a whole service in a crash loop', { services: [aService()], tasks: [...times(4, (n) => aFailure(n * 9)), aTask()] }, ['critical service_flapping web']],
  ['one slot of two in a crash loop', { services: [service], tasks: [...times(4, (n) => aFailure(n * 9, { slot: 2 })), ...RUNNING] }, ['warning service_flapping web']],
  ['given up by its restart policy', { services: [service], tasks: [aTask(), aFailure(99, { slot: 2 })] }, ['warning service_degraded web', 'warning task_failed web.2']],
  ['a failed update, the old version runs', { services: [aService({ updateState: 'rollback_completed' })], tasks: [aTask()] }, ['warning service_update_failed web']],
  ['a failed update, nothing runs', { services: [aService({ updateState: 'paused' })], tasks: [] }, ['critical service_update_failed web']],
  ['a job that failed', { services: [aService({ name: 'job', mode: 'replicated-job', replicas: 1 })], tasks: times(3, (n) => aFailure(n * 9, { slot: 0, serviceId: 'job-id' })) }, ['critical job_failed job']],
  ['a job that is retried', { services: [aService({ name: 'job', mode: 'replicated-job' })], tasks: [aFailure(9, { slot: 0, serviceId: 'job-id' }), aTask({ slot: 0, serviceId: 'job-id', state: 'starting', desiredState: 'complete' })] }, ['warning job_retrying job']],
  ['a job whose retry runs', { services: [aService({ name: 'job', mode: 'replicated-job' })], tasks: [aFailure(9, { slot: 0, serviceId: 'job-id' }), aTask({ slot: 0, serviceId: 'job-id', desiredState: 'complete' })] }, []],
  ['a global service without a node', { services: [aService({ mode: 'global' })] }, ['warning service_without_node web']],
  ['updating, scaled to zero, complete', { services: [aService({ name: 'a', replicas: 0 }), aService({ name: 'b', createdAt: ago(9) })], tasks: [aTask({ serviceId: 'b-id', state: 'preparing' })] }, []],
])('%s', (_name, facts, problems) => {
  expect(problemsOf(facts).map(({ severity, code, subject }) => `${severity} ${code} ${subject.name}`)).toEqual(problems);
});

it('gives reason, time, exit code and subject', () => {
  const nodes = NODE3_DOWN;
  const tasks = [aTask(), aTask({ slot: 2, nodeId: 'node3-id' }), aPendingTask({ slot: 2, id: 'waits' })];
  const memory = { downSince: { 'node3-id': isoAgo(400) }, failures: { 'web-id': [aRemembered(20)] } };
  expect(problemsOf({ nodes, services: [service], tasks }, memory)).toEqual([
    {
      severity: 'critical',
      kind: 'node',
      code: 'node_down',
      reason: 'node node3 is down: heartbeat failure',
      since: isoAgo(400),
      exitCode: null,
      subject: { id: 'node3-id', name: 'node3' },
    },
    {
      severity: 'warning',
      kind: 'service',
      code: 'service_degraded',
      reason:
        'web: 1 of 2 tasks running; node node3 is down with 1 task; 1 task pending: no suitable node (scheduling constraints not satisfied on 3 nodes); last failure on node1: task: non-zero exit (1)',
      since: isoAgo(400),
      exitCode: 1,
      subject: { id: 'web-id', name: 'web' },
    },
    {
      severity: 'warning',
      kind: 'task',
      code: 'task_pending',
      reason: 'web: 1 of its tasks pending: no suitable node (scheduling constraints not satisfied on 3 nodes)',
      since: isoAgo(300),
      exitCode: null,
      subject: { id: 'waits', name: 'web.2' },
    },
  ]);
});

it('tells since when a crash loop goes on', () => {
  const memory = { ...NO_MEMORY, failures: { 'web-id': [aRemembered(500), aRemembered(400)] } };
  const [problem] = problemsOf({ services: [aService()], tasks: [aFailure(9), aTask()] }, memory);
  expect(problem).toMatchObject({ code: 'service_flapping', since: isoAgo(500), exitCode: 1 });
});

it('sorts by severity, then by kind, then by age, then by name', () => {
  const services = [
    aService({ name: 'young' }),
    aService({ name: 'old' }),
    aService({ name: 'timeless' }),
    aService({ name: 'looping' }),
    aService({ name: 'partly', replicas: 2 }),
  ];
  const tasks = [
    aPendingTask({ serviceId: 'young-id', createdAt: ago(70) }),
    aPendingTask({ serviceId: 'old-id', createdAt: ago(700) }),
    ...times(3, (n) => aFailure(n * 9, { serviceId: 'looping-id' })),
    aTask({ serviceId: 'looping-id' }),
    aTask({ serviceId: 'partly-id' }),
  ];
  const nodes = [...NODE3_DOWN, aNode('drained', { state: 'down', availability: 'drain' })];
  const seen = problemsOf({ nodes, services, tasks }).map(({ code, subject }) => `${code} ${subject.name}`);
  expect(seen).toEqual([
    'service_down old',
    'service_down young',
    'service_down timeless',
    'node_down node3',
    'service_flapping looping',
    'node_down drained',
    'service_degraded partly',
    'task_pending old.1',
    'task_pending young.1',
  ]);
});

it('is bounded, and keeps the worst', () => {
  const services = times(3_000, (n) => aService({ name: `s${n}` }));
  const problems = problemsOf({ nodes: [...THREE_NODES, aNode('dead', { state: 'down' })], services });
  expect(problems).toHaveLength(1_000);
  expect(problems.every(({ code }) => code === 'service_down')).toBe(true);
});

it('has no code twice', () => {
  expect(new Set(PROBLEM_CODES).size).toBe(PROBLEM_CODES.length);
});
