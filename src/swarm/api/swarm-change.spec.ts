import { NO_READING, type SwarmReading } from '../picture/reading.js';
import { NO_REFRESH_YET } from '../picture/refresh-record.js';
import type { SwarmNode, SwarmPicture, SwarmProblem, SwarmService, TaskFailure } from '../picture/swarm-picture.js';
import { swarmChange, swarmDigest } from './swarm-change.js';

const at = '2026-11-21T12:00:00.000Z';
const now = new Date('2026-11-21T12:00:05.000Z');
const node = (more: Partial<SwarmNode> = {}): SwarmNode =>
  ({ id: 'n1', hostname: 'node1', state: 'ready', availability: 'active', ...more }) as SwarmNode;
const failure: TaskFailure = { slot: 1, node: 'node1', at, message: 'exit (1)', exitCode: 1 };
const service = (more: Partial<SwarmService> = {}): SwarmService =>
  ({ id: 's1', health: 'healthy', runningTasks: 3, failures: [failure], restartsPerHour: 1, ...more }) as SwarmService;
const picture = (more: Partial<SwarmPicture> = {}): SwarmPicture =>
  ({
    revision: 'r1',
    collectedAt: at,
    swarmActive: true,
    error: null,
    nodes: [node(), node({ id: 'n2', state: 'down' })],
    services: [service()],
    tasks: [],
    problems: [],
    warnings: [],
    quorum: { managers: 1, reachable: 1, toleratedFailures: 0 },
    servicesSummary: { total: 1, healthy: 1 },
    refreshDurationSeconds: 0.1,
    ...more,
  }) as SwarmPicture;
const reading = (more: Partial<SwarmPicture> = {}): SwarmReading => ({
  ...NO_READING,
  tier: 'primary',
  picture: picture(more),
  refresh: { ...NO_REFRESH_YET, lastSuccessAt: at },
});
const digest = (more: Partial<SwarmPicture> = {}, stale = false) => swarmDigest(reading(more), stale);

describe('swarmChange', () => {
  it('sums the picture up', () => {
    expect(swarmChange(reading({ problems: [{} as SwarmProblem] }), now, 120)).toEqual({
      revision: 'r1',
      collected_at: at,
      stale: false,
      nodes: { total: 2, ready: 1, down: 1 },
      services: { total: 1, healthy: 1 },
      problems: 1,
    });
  });

  it('knows nothing before the first picture', () => {
    expect(swarmChange({ ...NO_READING, refresh: NO_REFRESH_YET }, now, 120)).toEqual({
      revision: null,
      collected_at: null,
      stale: true,
      nodes: { total: 0, ready: 0, down: 0 },
      services: {},
      problems: 0,
    });
  });
});

describe('swarmDigest', () => {
  it.each<[string, Partial<SwarmPicture>]>([
    ['revision and time', { revision: 'r2', collectedAt: now.toISOString(), refreshDurationSeconds: 9 }],
    ['a failure that falls out of its window', { services: [service({ failures: [failure], restartsPerHour: 0 })] }],
    ['an older failure that does', { services: [service({ failures: [failure, { ...failure, at: 'long ago' }] })] }],
  ])('stays with %s', (_, more) => expect(digest(more)).toBe(digest()));

  it.each<[string, Partial<SwarmPicture>]>([
    ['a node', { nodes: [node()] }],
    ['the state of a node', { nodes: [node(), node({ id: 'n2', state: 'ready' })] }],
    ['the health of a service', { services: [service({ health: 'degraded' })] }],
    ['running tasks', { services: [service({ runningTasks: 2 })] }],
    ['a new failure', { services: [service({ failures: [{ ...failure, at: now.toISOString() }, failure] })] }],
    ['a problem', { problems: [{ code: 'node_down' } as SwarmProblem] }],
    ['the quorum', { quorum: { managers: 3, reachable: 1, toleratedFailures: 1 } }],
  ])('changes with %s', (_, more) => expect(digest(more)).not.toBe(digest()));

  it('changes when the picture goes stale', () => expect(digest({}, true)).not.toBe(digest()));
});
