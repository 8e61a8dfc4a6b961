import type { EngineNode, EngineTask } from '../engine/engine-facts.js';
import { aNode, assess, aTask, times } from '../../../test/support/swarm-facts.js';
import { NO_LOAD } from './reserve-resources.js';
import { viewNode } from './node-view.js';

const GIB = 2 ** 30;

function seen(tasks: EngineTask[], over: Partial<EngineNode> = {}) {
  const [node] = assess({ nodes: [aNode('node1', over)], tasks }).picture.nodes;
  if (!node) throw new Error('no node');
  return node;
}

const reserving = (over: Partial<EngineTask> = {}) =>
  aTask({ reservedNanoCpus: 5e8, reservedMemoryBytes: GIB, ...over });

describe('what counts as reserved', () => {
  it.each<[state: string, over: Partial<EngineTask>, counts: boolean]>([
    ['new', {}, false],
    ['pending', {}, true],
    ['pending without a node', { nodeId: null, state: 'pending' }, false],
    ['assigned', {}, true],
    ['accepted', {}, true],
    ['preparing', {}, true],
    ['ready', { desiredState: 'ready' }, true],
    ['starting', {}, true],
    ['running', {}, true],
    ['running, wanted to stop', { state: 'running', desiredState: 'shutdown' }, true],
    ['running, of a removed service', { state: 'running', serviceId: 'gone' }, true],
    ['complete', {}, false],
    ['shutdown', {}, false],
    ['failed', {}, false],
    ['rejected', {}, false],
    ['remove', {}, false],
    ['orphaned', {}, false],
  ])('%s', (state, over, counts) => {
    const { resourceUsage } = seen([reserving({ state, ...over })]);
    expect(resourceUsage.reservedCpuNanos).toBe(counts ? 5e8 : 0);
    expect(resourceUsage.reservedMemoryBytes).toBe(counts ? GIB : 0);
  });

  it('sums them, with the aliases of the contract', () => {
    expect(seen([reserving(), reserving({ state: 'starting' })]).resourceUsage).toEqual({
      usedCpuNanos: 1e9,
      usedMemoryBytes: 2 * GIB,
      availableCpuNanos: 1e9,
      availableMemoryBytes: 2 * GIB,
      usedCpuPercent: 50,
      usedMemoryPercent: 50,
      reservedCpuNanos: 1e9,
      reservedMemoryBytes: 2 * GIB,
    });
  });

  it('counts the live tasks that reserve nothing', () => {
    const tasks = [aTask(), aTask({ state: 'pending' }), aTask({ state: 'failed' }), reserving()];
    expect(seen([...tasks, aTask({ reservedNanoCpus: 1 }), aTask({ reservedMemoryBytes: 1 })]).unreservedTasks).toBe(2);
  });

  it('never shows less than nothing or more than all', () => {
    const { resourceUsage } = seen(times(5, () => reserving()));
    expect(resourceUsage).toMatchObject({
      availableCpuNanos: 0,
      availableMemoryBytes: 0,
      usedCpuPercent: 100,
      usedMemoryPercent: 100,
    });
  });

  it('divides by no zero', () => {
    const { resourceUsage, availableCapacity } = seen([reserving()], { nanoCpus: 0, memoryBytes: 0 });
    expect(resourceUsage).toMatchObject({ usedCpuPercent: 0, usedMemoryPercent: 0, availableCpuNanos: 0 });
    expect(availableCapacity).toBe(0);
  });

  it('rounds to two decimals', () => {
    const { resourceUsage } = seen([aTask({ reservedNanoCpus: 1e9, reservedMemoryBytes: GIB })], {
      nanoCpus: 3e9,
      memoryBytes: 7 * GIB,
    });
    expect(resourceUsage).toMatchObject({ usedCpuPercent: 33.33, usedMemoryPercent: 14.29 });
  });
});

describe('what counts as running on a node', () => {
  it.each<[name: string, over: Partial<EngineTask>, node: Partial<EngineNode>, counts: boolean]>([
    ['running and wanted', {}, {}, true],
    ['running, of a job', { desiredState: 'complete' }, {}, true],
    ['running, wanted to stop', { desiredState: 'shutdown' }, {}, false],
    ['running, to be removed', { desiredState: 'remove' }, {}, false],
    ['starting', { state: 'starting' }, {}, false],
    ['on a node that is down', {}, { state: 'down' }, false],
    ['on a node that is disconnected', {}, { state: 'disconnected' }, true],
    ['on a node of unknown state, as after a change of leader', {}, { state: 'unknown' }, true],
    ['on a drained node, not yet moved', {}, { availability: 'drain' }, true],
  ])('%s', (_name, over, node, counts) => expect(seen([aTask(over)], node).runningTasks).toBe(counts ? 1 : 0));
});

describe('how many tasks still fit', () => {
  it.each<[name: string, node: Partial<EngineNode>, reserved: Partial<EngineTask>, fit: number]>([
    ['memory is short', { nanoCpus: 64e9, memoryBytes: 1e9 }, {}, 10],
    ['CPUs are short', { nanoCpus: 2e9, memoryBytes: 24e9 }, {}, 20],
    ['some is taken', { nanoCpus: 2e9, memoryBytes: 24e9 }, { reservedNanoCpus: 15e7 }, 18],
    ['exactly full', { nanoCpus: 2e9, memoryBytes: 24e9 }, { reservedNanoCpus: 2e9 }, 0],
    ['drained', { availability: 'drain' }, {}, 0],
    ['paused', { availability: 'pause' }, {}, 0],
    ['down', { state: 'down' }, {}, 0],
    ['disconnected', { state: 'disconnected' }, {}, 0],
  ])('%s', (_name, node, reserved, fit) => expect(seen([aTask(reserved)], node).availableCapacity).toBe(fit));

  it('follows the size that is set', () => {
    expect(viewNode(aNode('a'), NO_LOAD, null, { cpus: 0.3, memoryMegabytes: 1 }).availableCapacity).toBe(6);
    expect(viewNode(aNode('a'), NO_LOAD, null, { cpus: 0, memoryMegabytes: 0 }).availableCapacity).toBe(0);
  });
});

it('shows sizes as people know them', () => {
  expect(seen([], { nanoCpus: 1_500_000_000, memoryBytes: 25_273_000_000 })).toMatchObject({
    cpuCount: 1.5,
    memoryGb: 23.54,
  });
});

it('sorts managers first, then by hostname', () => {
  const nodes = [
    aNode('b'),
    aNode('a'),
    aNode('z', { role: 'manager' }),
    aNode('c', { role: 'manager' }),
    aNode('a', { id: 'a0' }),
  ];
  expect(assess({ nodes }).picture.nodes.map(({ hostname, id }) => `${hostname} ${id}`)).toEqual([
    'c c-id',
    'z z-id',
    'a a-id',
    'a a0',
    'b b-id',
  ]);
});
