import type { EngineNode, EngineService, EngineTask } from '../engine/engine-facts.js';
import type { ServiceHealth } from '../picture/swarm-picture.js';
import {
  aFailure,
  ago,
  aNode,
  aPendingTask,
  aService,
  assess,
  aTask,
  judged,
  NO_MEMORY,
  NODE3_DOWN,
  NOW,
  THREE_NODES,
  times,
} from '../../../test/support/swarm-facts.js';

type Case = [
  name: string,
  health: ServiceHealth,
  service: Partial<EngineService>,
  tasks: EngineTask[],
  reasons?: RegExp[],
  nodes?: EngineNode[],
];

const starting = (slot: number) => aTask({ slot, state: 'preparing', since: ago(5), createdAt: ago(6) });
const wait = (slot: number) => aTask({ slot, state: 'ready', desiredState: 'ready', since: ago(1), createdAt: ago(1) });
const onNode = (number: number, over: Partial<EngineTask> = {}) =>
  aTask({ slot: null, nodeId: `node${number}-id`, ...over });
const crashes = (slot = 1) => times(4, (n) => aFailure(n * 20, { slot }));
const NEW = { createdAt: ago(20) };

// prettier-ignore
const SERVICES: Case[] = [
  ['all run', 'healthy', { replicas: 2 }, times(2, (slot) => aTask({ slot }))],
  ['more run than wanted: start-first', 'healthy', { replicas: 1 }, [aTask(), aTask()]],
  ['one of two runs', 'degraded', { replicas: 2 }, [aTask()], [/^1 of 2 tasks running$/]],
  ['one of two waits for a node', 'degraded', { replicas: 2 }, [aTask(), aPendingTask({ slot: 2 })], [/1 of 2/, /1 task pending: no suitable node \(scheduling constraints not satisfied on 3 nodes\)/]],
  ['none fits anywhere', 'down', { replicas: 2 }, times(2, (slot) => aPendingTask({ slot })), [/0 of 2 tasks running/, /2 tasks pending: no suitable node/]],
  ['nothing at all runs', 'down', {}, [], [/0 of 1 task running/]],
  ['scaled to zero', 'scaled_to_zero', { replicas: 0 }, [], [/scaled to 0/]],
  ['scaled to zero after crashes', 'scaled_to_zero', { replicas: 0 }, crashes()],
  ['scaled to zero, tasks still stopping', 'scaled_to_zero', { replicas: 0 }, [aTask({ desiredState: 'remove' })]],
  ['no replicas known, Docker counts', 'degraded', { replicas: null, docker: { desiredTasks: 2, runningTasks: 1, completedTasks: 0 } }, [aTask()]],

  ['crash loop, running at this look', 'flapping', {}, [...crashes(), aTask({ since: ago(2) })], [/4 failures in slot 1 in the last 10 minutes/, /1 of 1/, /last failure on node1: task: non-zero exit \(1\)/]],
  ['crash loop, in its restart delay', 'flapping', {}, [...crashes(), wait(1)]],
  ['crash loop, between failure and replacement', 'flapping', {}, [aFailure(1), aFailure(3), aFailure(5)]],
  ['three failures, just enough', 'flapping', {}, [aFailure(590), aFailure(300), aFailure(100), aTask()]],
  ['three failures, one too old', 'healthy', {}, [aFailure(610), aFailure(300), aFailure(100), aTask()]],
  ['three failures over three slots', 'healthy', { replicas: 3 }, times(3, (slot) => [aFailure(60, { slot }), aTask({ slot })]).flat()],
  ['three failures in a slot that scaling removed', 'healthy', {}, [...crashes(2), aTask()]],
  ['restarts given up long ago', 'down', {}, [aFailure(300), aFailure(310), aFailure(320)], [/0 of 1/, /last failure/]],
  ['exits with 0 again and again', 'flapping', {}, [...times(3, (n) => aFailure(n * 9, { state: 'complete', error: null, message: 'finished', exitCode: 0 })), wait(1)], [/3 failures/, /0 of 1/, /1 task on the way/, /exited with code 0$/]],
  ['exited with 0 once and stays so', 'down', {}, [aFailure(99, { state: 'complete', error: null, message: 'finished', exitCode: 0 })], [/0 of 1/, /exited with code 0/]],
  ['image missing', 'flapping', {}, times(5, (n) => aFailure(n * 2, { state: 'rejected', error: 'No such image: nosuch:1', exitCode: null, desiredState: n === 1 ? 'ready' : 'shutdown' })), [/5 failures/, /0 of 1/, /No such image: nosuch:1$/]],
  ['ended by updates, not by itself', 'healthy', {}, [...times(4, (n) => aTask({ state: 'shutdown', desiredState: 'shutdown', exitCode: 137, since: ago(n * 30) })), aTask()]],
  ['moved off deleted nodes', 'healthy', {}, [...times(4, (n) => aTask({ state: 'orphaned', desiredState: 'shutdown', nodeId: 'gone', since: ago(n * 30) })), aTask()]],
  ['node died, tasks on the way elsewhere', 'degraded', { replicas: 2 }, [aTask({ slot: 1 }), aTask({ slot: 2, nodeId: 'node3-id', desiredState: 'shutdown' }), starting(2)], [/1 of 2/, /node node3 is down with 1 task/, /1 task on the way/], NODE3_DOWN],
  ['node died, Docker has not noticed the tasks', 'degraded', { replicas: 2 }, [aTask({ slot: 1 }), aTask({ slot: 2, nodeId: 'node3-id' })], [/1 of 2/, /node3 is down/], NODE3_DOWN],
  ['node died, all runs elsewhere again', 'healthy', { replicas: 2 }, [aTask({ slot: 1 }), aTask({ slot: 2, nodeId: 'node3-id', desiredState: 'shutdown' }), aTask({ slot: 2, nodeId: 'node2-id' })], [], NODE3_DOWN],
  ['node died with everything', 'down', { createdAt: ago(60) }, [aTask({ nodeId: 'node3-id', desiredState: 'shutdown' }), starting(1)], [/0 of 1/, /node3 is down with 1 task/], NODE3_DOWN],

  ['update under way', 'updating', { replicas: 2, updateState: 'updating' }, [aTask({ slot: 1 }), starting(2)], [/an update is under way/, /1 of 2/, /1 task on the way/]],
  ['single replica between old and new', 'updating', { updateState: 'updating' }, [aTask({ desiredState: 'shutdown' }), wait(1)]],
  ['update with nowhere to go', 'down', { updateState: 'updating' }, [aPendingTask()], [/an update is under way/, /0 of 1/, /no suitable node/]],
  ['update whose new task failed', 'updating', { replicas: 2, updateState: 'updating' }, [aTask({ slot: 1 }), aFailure(9, { slot: 2 }), wait(2)], [/an update/, /1 of 2/, /on the way/, /last failure/]],
  ['update that leaves nothing running', 'down', { updateState: 'updating' }, [aFailure(9), wait(1)]],
  ['update done', 'healthy', { updateState: 'completed' }, [aTask()]],
  ['update paused by failures, crash loop', 'update_failed', { updateState: 'paused', updateMessage: 'update paused due to failure' }, [...crashes(), wait(1)], [/the update is paused: update paused due to failure/, /4 failures/, /0 of 1/]],
  ['update paused, the rest runs', 'update_failed', { replicas: 2, updateState: 'paused' }, times(2, (slot) => aTask({ slot }))],
  ['being rolled back', 'update_failed', { updateState: 'rollback_started' }, [wait(1)], [/being rolled back/]],
  ['roll-back paused', 'update_failed', { updateState: 'rollback_paused' }, [aTask()], [/roll-back of the update is paused/]],
  ['rolled back', 'update_failed', { updateState: 'rollback_completed', updatedAt: ago(60) }, [aFailure(70), aTask()], [/rolled back: the version before it runs/, /1 of 1/]],
  ['rolled back after many failures', 'update_failed', { updateState: 'rollback_completed', updatedAt: ago(60) }, [...times(4, (n) => aFailure(60 + n * 5)), aTask()]],
  ['rolled back, and still crashing', 'flapping', { updateState: 'rollback_completed', updatedAt: ago(100) }, [...crashes(), wait(1)]],
  ['rolled back long ago, down now', 'down', { updateState: 'rollback_completed' }, [aPendingTask()]],
  ['rolled back long ago, degraded now', 'degraded', { replicas: 2, updateState: 'rollback_completed' }, [aTask()]],

  ['new, its tasks on the way', 'updating', { ...NEW, replicas: 2 }, [starting(1), starting(2)], [/0 of 2 tasks running/, /2 tasks on the way/]],
  ['new, waiting for the scheduler for a moment', 'updating', NEW, [aPendingTask({ error: null, createdAt: ago(3) })]],
  ['new, no node suits', 'down', NEW, [aPendingTask({ createdAt: ago(15) })]],
  ['new, first failure', 'down', NEW, [aFailure(3), wait(1)]],
  ['not new any more, still on the way', 'down', { createdAt: ago(301) }, [starting(1)]],
  ['unplaced for a minute without a reason', 'down', { createdAt: ago(90) }, [aPendingTask({ error: null, createdAt: ago(61) })], [/0 of 1/, /1 task pending: pending task scheduling \(Docker gives no reason\)/]],
];

// prettier-ignore
const GLOBALS: Case[] = [
  ['on every node', 'healthy', {}, times(3, (n) => onNode(n))],
  ['on the two that its constraint allows', 'healthy', { constraints: ['node.role==worker'] }, [onNode(2), onNode(3)]],
  ['a node is starting its task', 'degraded', {}, [onNode(1), onNode(2), onNode(3, { state: 'preparing' })], [/2 of 3/, /1 task on the way/]],
  ['a node lacks resources', 'degraded', {}, [onNode(1), onNode(2), onNode(3, { state: 'pending', error: 'no suitable node (insufficient resources on 1 node)', createdAt: ago(70) })], [/2 of 3/, /insufficient resources/]],
  ['a dead node wants nothing', 'healthy', {}, [onNode(1), onNode(2), onNode(3, { desiredState: 'shutdown' })], [], NODE3_DOWN],
  ['a dead node whose task Docker still wants', 'healthy', {}, [onNode(1), onNode(2), onNode(3)], [], NODE3_DOWN],
  ['all its nodes are dead', 'down', { constraints: ['node.hostname==node3'] }, [onNode(3, { desiredState: 'shutdown' })], [/no node that wants a task is left/, /node3 is down with 1 task/], NODE3_DOWN],
  ['no node was ever eligible', 'unknown', { constraints: ['node.labels.x==y'] }, [], [/no node is eligible/]],
  ['crash loop on one node', 'flapping', {}, [onNode(1), onNode(2), ...times(3, (n) => aFailure(n * 9, { slot: null, nodeId: 'node3-id' })), onNode(3, { state: 'ready', desiredState: 'ready' })], [/3 failures on node node3/, /2 of 3/]],
  ['one failure on each of three nodes', 'healthy', {}, times(3, (n) => [aFailure(9, { slot: null, nodeId: `node${n}-id` }), onNode(n)]).flat()],
  ['given up everywhere: Docker wants 0', 'down', { docker: { desiredTasks: 0, runningTasks: 0, completedTasks: 0 } }, times(3, (n) => aFailure(99, { slot: null, nodeId: `node${n}-id` })), [/0 of 3/]],
  ['given up on a drained node is not wanted', 'healthy', {}, [onNode(1), onNode(2), aFailure(99, { slot: null, nodeId: 'node3-id' })], [], THREE_NODES.map((node) => (node.hostname === 'node3' ? { ...node, availability: 'drain' } : node))],
  ['given up where the constraint no longer allows it', 'healthy', { constraints: ['node.hostname != node3'] }, [onNode(1), onNode(2), aFailure(99, { slot: null, nodeId: 'node3-id' })]],
  ['stopped on a drained node', 'healthy', {}, [onNode(1), onNode(2), onNode(3, { state: 'shutdown', desiredState: 'shutdown', exitCode: 137 })]],
  ['paused node keeps its task', 'healthy', {}, [onNode(1)], [], [aNode('node1', { availability: 'pause' })]],
];

const done = (slot: number, over: Partial<EngineTask> = {}) =>
  aTask({ slot, state: 'complete', desiredState: 'complete', message: 'finished', exitCode: 0, ...over });
const working = (slot: number | null, over: Partial<EngineTask> = {}) =>
  aTask({ slot, desiredState: 'complete', ...over });
const nodeDone = (number: number) => done(0, { slot: null, nodeId: `node${number}-id` });
const TWO = { mode: 'replicated-job', replicas: 2 } as const;
const GLOBAL_JOB = { mode: 'global-job' } as const;

// prettier-ignore
const JOBS: Case[] = [
  ['all completed', 'job_complete', TWO, [done(0), done(1)]],
  ['slot 0 arrives as none', 'job_complete', TWO, [done(0, { slot: null }), done(1)]],
  ['one to go', 'job_running', TWO, [done(0), working(1)], [/^1 of 2 tasks completed$/]],
  ['a completion of the run before does not count', 'job_running', { ...TWO, jobIteration: 1 }, [done(0), done(1), working(0, { jobIteration: 1 }), working(1, { jobIteration: 1 })], [/0 of 2/]],
  ['the second run is over', 'job_complete', { ...TWO, jobIteration: 1 }, [done(0), ...times(2, (slot) => done(slot - 1, { jobIteration: 1 }))]],
  ['failed once, retried', 'job_running', TWO, [done(1), aFailure(9, { slot: 0 }), working(0)], [/1 of 2/, /last failure on node1/]],
  ['failed once, retry not there yet', 'job_running', TWO, [done(1), aFailure(9, { slot: 0 })]],
  ['failed and nothing is left to run', 'job_failed', TWO, [done(1), aFailure(60, { slot: 0 })], [/1 of 2/, /last failure/]],
  ['fails again and again, retried for ever', 'job_failed', TWO, [done(1), ...times(3, (n) => aFailure(n * 5, { slot: null })), working(0, { state: 'starting' })], [/3 failures in slot 0/, /1 of 2/]],
  ['failed often, then completed', 'job_complete', TWO, [...times(3, (n) => aFailure(n * 5, { slot: 0 })), done(0), done(1)]],
  ['failed often in the slot that completed', 'job_running', TWO, [...times(3, (n) => aFailure(n * 5, { slot: null })), done(0), working(1)], [/^1 of 2 tasks completed$/]],
  ['failed often in the run before', 'job_running', { ...TWO, jobIteration: 1 }, [...times(3, (n) => aFailure(n * 5, { slot: 0 })), working(0, { jobIteration: 1 })]],
  ['waits for a node', 'job_running', { ...TWO, replicas: 1 }, [aPendingTask({ slot: 0, desiredState: 'complete' })], [/0 of 1/, /no suitable node/]],
  ['of no completions', 'scaled_to_zero', { ...TWO, replicas: 0 }, []],
  ['global job done everywhere', 'job_complete', GLOBAL_JOB, [nodeDone(1), nodeDone(2), nodeDone(3)]],
  ['global job, one node to go', 'job_running', GLOBAL_JOB, [nodeDone(1), nodeDone(2), working(null, { nodeId: 'node3-id' })], [/2 of 3/]],
  ['global job does not wait for a dead node', 'job_complete', GLOBAL_JOB, [nodeDone(1), nodeDone(2), working(null, { nodeId: 'node3-id' })], [], NODE3_DOWN],
  ['global job fails on one node', 'job_failed', GLOBAL_JOB, [nodeDone(1), ...times(3, (n) => aFailure(n * 5, { slot: null, nodeId: 'node2-id' })), working(null, { nodeId: 'node2-id' })], [/3 failures on node node2/, /1 of 2/]],
  ['global job on no node', 'unknown', GLOBAL_JOB, []],
];

const rows = (cases: Case[], mode: Partial<EngineService> = {}) =>
  cases.map(([name, health, service, tasks, reasons, nodes]) => ({
    name,
    health,
    service: { ...mode, ...service },
    tasks,
    reasons,
    nodes,
  }));

describe.each([
  ['replicated service', rows(SERVICES)],
  ['global service', rows(GLOBALS, { mode: 'global', replicas: null })],
  ['job', rows(JOBS)],
])('health of a %s', (_kind, cases) => {
  it.each(cases)('$health: $name', ({ health, service, tasks, reasons, nodes }) => {
    const verdict = judged(service, tasks, { nodes });
    expect(verdict).toMatchObject({ health });
    for (const [index, reason] of (reasons ?? []).entries()) expect(verdict.reasons[index]).toMatch(reason);
  });
});

it('explains every word but the good ones', () => {
  for (const { name, service, tasks, nodes } of [
    ...rows(SERVICES),
    ...rows(GLOBALS, { mode: 'global' }),
    ...rows(JOBS),
  ]) {
    const { health, reasons } = judged(service, tasks, { nodes });
    const good = health === 'healthy' || health === 'job_complete';
    expect({ name, health, explained: reasons.length > 0 }).toEqual({ name, health, explained: !good });
  }
});

it('lets a flapping service rest once ten minutes passed', () => {
  const tasks = [...crashes(), aTask()];
  const later = new Date(NOW.getTime() + 9 * 60_000);
  expect(judged({}, tasks).health).toBe('flapping');
  expect(judgedAt(later, tasks)).toBe('flapping');
  expect(judgedAt(new Date(later.getTime() + 60_000), tasks)).toBe('healthy');
});

function judgedAt(now: Date, tasks: EngineTask[]): ServiceHealth | undefined {
  return assess({ services: [aService()], tasks }, NO_MEMORY, now).picture.services[0]?.health;
}
