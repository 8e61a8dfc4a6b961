import type { EngineTask } from '../engine/engine-facts.js';
import type { RememberedFailure, SwarmMemory } from '../picture/swarm-picture.js';
import {
  aFailure,
  ago,
  aNode,
  aRemembered,
  aService,
  assess,
  aTask,
  isoAgo,
  judged,
  NO_MEMORY,
  NOW,
  times,
} from '../../../test/support/swarm-facts.js';
import { boundMemory } from './failures.js';

const remember = (...failures: RememberedFailure[]): SwarmMemory => ({
  ...NO_MEMORY,
  failures: { 'web-id': failures },
});
const after = (tasks: EngineTask[], memory = NO_MEMORY, now = NOW) =>
  assess({ services: [aService()], tasks }, memory, now);
const restarts = (tasks: EngineTask[], memory = NO_MEMORY) => judged({}, tasks, { memory }).restartsPerHour;

describe('what counts as a failure', () => {
  it.each<[name: string, over: Partial<EngineTask>, counts: boolean]>([
    ['failed', {}, true],
    ['failed, replacement not there yet', { desiredState: 'running' }, true],
    ['rejected', { state: 'rejected', exitCode: 0 }, true],
    ['exited with 0 of its own', { state: 'complete', exitCode: 0 }, true],
    ['complete while scaled down', { state: 'complete', desiredState: 'remove' }, false],
    ['shut down', { state: 'shutdown', exitCode: 137 }, false],
    ['orphaned', { state: 'orphaned' }, false],
    ['being removed', { state: 'remove' }, false],
    ['running on a node, wanted to stop', { state: 'running', error: null }, false],
    ['failed more than an hour ago', { since: ago(3_601), createdAt: ago(3_605) }, false],
    ['failed just within the hour', { since: ago(3_590), createdAt: ago(3_605) }, true],
    ['on a node whose clock is an hour behind', { since: ago(3_700), createdAt: ago(60) }, true],
    ['without a time', { since: '0001-01-01T00:00:00Z', createdAt: '0001-01-01T00:00:00Z' }, false],
  ])('%s', (_name, over, counts) => expect(restarts([aFailure(60, over)])).toBe(counts ? 1 : 0));

  it('does not count what a job completed', () => {
    const job = { mode: 'replicated-job', replicas: 2 } as const;
    expect(judged(job, [aFailure(9, { state: 'complete', exitCode: 0 })]).restartsPerHour).toBe(0);
  });

  it('does not trust a clock that is ahead', () => {
    expect(judged({}, [aFailure(-600)]).failures[0]?.at).toBe(NOW.toISOString());
  });
});

describe('the memory of failures', () => {
  it('counts a task once over many refreshes', () => {
    const tasks = [aFailure(60), aFailure(50), aTask()];
    const first = after(tasks);
    const second = after(tasks, first.memory, new Date(NOW.getTime() + 30_000));
    expect(second.picture.services[0]?.restartsPerHour).toBe(2);
    expect(second.memory).toEqual(first.memory);
  });

  it('keeps what Docker no longer tells', () => {
    const first = after([aFailure(60), aFailure(50)]);
    const second = after([aFailure(40), aFailure(30), aTask()], first.memory);
    expect(second.picture.services[0]).toMatchObject({ health: 'flapping', restartsPerHour: 4 });
  });

  it('finds a slow crash loop that no single look shows', () => {
    const memory = remember(aRemembered(550), aRemembered(300));
    expect(judged({}, [aFailure(20), aTask()], { memory }).health).toBe('flapping');
    expect(judged({}, [aFailure(20), aTask()]).health).toBe('healthy');
  });

  it('forgets after an hour', () => {
    const { picture, memory } = after([aTask()], remember(aRemembered(3_601), aRemembered(3_599)));
    expect(picture.services[0]?.restartsPerHour).toBe(1);
    expect(memory.failures['web-id']).toHaveLength(1);
  });

  it('forgets services that are gone, and keeps nothing of those that are well', () => {
    const memory = { ...NO_MEMORY, failures: { 'gone-id': [aRemembered(5)] } };
    expect(after([aTask()], memory).memory.failures).toEqual({});
  });

  it('keeps the node’s name after the node is deleted', () => {
    const first = assess({ nodes: [aNode('node1')], services: [aService()], tasks: [aFailure(60, { id: 'x' })] });
    const second = assess({ nodes: [], services: [aService()], tasks: [aFailure(60, { id: 'x' })] }, first.memory);
    expect(second.picture.services[0]?.failures[0]?.node).toBe('node1');
  });

  it('survives being stored as JSON', () => {
    const { memory } = after([aFailure(60), aFailure(50), aTask()]);
    expect(after([aTask()], JSON.parse(JSON.stringify(memory)) as SwarmMemory).memory).toEqual(memory);
  });

  it('is bounded in a slot, in a service and in all', () => {
    const perSlot = judged(
      {},
      times(500, (n) => aFailure(n)),
    );
    expect(perSlot).toMatchObject({ restartsPerHour: 60, truncated: true });
    const perService = judged(
      { replicas: 90 },
      times(900, (n) => aFailure(n, { slot: n % 90 })),
    );
    expect(perService).toMatchObject({ restartsPerHour: 200, truncated: true });
    expect(perService.failures).toHaveLength(20);
    const noisy = Object.fromEntries(times(500, (n) => [`s${n}`, times(100, (m) => aRemembered(m))]));
    const bounded = boundMemory({ ...noisy, quiet: [aRemembered(1), aRemembered(2)] });
    expect(Object.values(bounded).flat().length).toBeLessThanOrEqual(10_000);
    expect(bounded['quiet']).toHaveLength(2);
    expect(bounded['s7']?.length).toBeGreaterThanOrEqual(19);
    expect(bounded['s7']?.[0]?.at).toBe(isoAgo(1));
  });
});

describe('what is shown of a failure', () => {
  it('tells slot, node, time, message and exit code, newest first', () => {
    const tasks = [
      aFailure(60, { slot: 3, nodeId: 'node2-id', exitCode: 137, error: 'task: non-zero exit (137)' }),
      aFailure(9),
    ];
    const { failures } = judged({ replicas: 3 }, tasks);
    expect(failures.map(({ slot }) => slot)).toEqual([1, 3]);
    expect(failures[1]).toEqual({
      slot: 3,
      node: 'node2',
      at: isoAgo(60),
      message: 'task: non-zero exit (137)',
      exitCode: 137,
    });
  });

  it.each<[over: Partial<EngineTask>, message: string | null, exitCode: number | null]>([
    [{ state: 'complete', error: null, message: 'finished', exitCode: 0 }, 'exited with code 0', 0],
    // The process never ran: Docker’s 0 means nothing.
    [{ state: 'rejected', error: 'No such image: x:1', exitCode: 0 }, 'No such image: x:1', null],
    [{ error: null, message: 'started', exitCode: 2 }, 'started', 2],
    [{ error: null, message: null, exitCode: null }, null, null],
    [{ error: 'e'.repeat(900) }, `${'e'.repeat(299)}…`, 1],
  ])('%j', (over, message, exitCode) => {
    expect(judged({}, [aFailure(9, over)]).failures[0]).toMatchObject({ message, exitCode });
  });
});

describe('truncated', () => {
  it.each<[name: string, tasks: EngineTask[], truncated: boolean]>([
    ['four failures and a running task fill a slot', [...times(4, (n) => aFailure(n)), aTask()], true],
    ['three failures and a running task do not', [...times(3, (n) => aFailure(n)), aTask()], false],
    ['a slot full of updates had no failures', [...times(4, () => aTask({ state: 'shutdown' })), aTask()], false],
    ['failures over several slots', times(5, (slot) => [aFailure(slot, { slot }), aTask({ slot })]).flat(), false],
    ['full of failures of yesterday', [...times(4, (n) => aFailure(80_000 + n)), aTask()], false],
  ])('%s', (_name, tasks, truncated) => expect(judged({ replicas: 5 }, tasks).truncated).toBe(truncated));

  it('never by Docker for a job, whose tasks it keeps', () => {
    const job = { mode: 'replicated-job', replicas: 1 } as const;
    expect(
      judged(
        job,
        times(9, (n) => aFailure(n)),
      ).truncated,
    ).toBe(false);
  });
});
