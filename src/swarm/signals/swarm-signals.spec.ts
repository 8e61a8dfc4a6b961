import { NOT_APPLICABLE, UNKNOWN } from '../../metrics/metric.js';
import {
  aFailure,
  aNode,
  ago,
  aService,
  aTask,
  assess,
  judged,
  NODE3_DOWN,
  NOW,
  times,
} from '../../../test/support/swarm-facts.js';
import type { NodeState, ServiceMode } from '../engine/engine-facts.js';
import { NO_READING, type SwarmReading } from '../picture/reading.js';
import { NO_REFRESH_YET, type RefreshRecord } from '../picture/refresh-record.js';
import {
  nodeTarget,
  nodeValue,
  serviceTarget,
  serviceValue,
  type SwarmFacts,
  swarmTargets,
  swarmValue,
} from './swarm-signals.js';

const GOOD: RefreshRecord = { ...NO_REFRESH_YET, lastAttemptAt: NOW.toISOString(), durationSeconds: 0.5 };
const { picture } = assess({ services: [aService()], tasks: [aTask()] });
const laterBy = (seconds: number) => new Date(NOW.getTime() + seconds * 1_000);
const facts = (reading: Partial<SwarmReading>, seconds = 10, hits: Partial<SwarmFacts['hits']> = {}): SwarmFacts => ({
  reading: { ...NO_READING, picture, refresh: GOOD, ...reading },
  hits: { primary: 0, backup: 0, memory: 0, miss: 0, ...hits },
  now: laterBy(seconds),
  refreshSeconds: 120,
});

describe('what there is to judge', () => {
  it.each<[string, SwarmFacts, object]>([
    ['a swarm', facts({}), { swarm: 1, nodes: 3, services: 1, isCurrent: true }],
    ['an old picture of one', facts({}, 252), { swarm: 1, nodes: 3, services: 1, isCurrent: false }],
    ['a picture of the future', facts({}, -6), { swarm: 1, nodes: 3, services: 1, isCurrent: false }],
    ['a clock that is a little behind', facts({}, -4), { swarm: 1, nodes: 3, services: 1, isCurrent: true }],
    [
      'an engine that is in no swarm',
      facts({ picture: { ...picture, swarmActive: false, nodes: [], services: [] } }),
      { swarm: 0, nodes: 0, services: 0, isCurrent: false },
    ],
    [
      'no Docker where nobody expects one',
      facts({ picture: null, refresh: { ...GOOD, consecutiveFailures: 9, lastErrorCode: 'docker_not_configured' } }),
      { swarm: 0, nodes: 0, services: 0, isCurrent: false },
    ],
    [
      'a Docker that never answered',
      facts({ picture: null, refresh: { ...GOOD, consecutiveFailures: 9, lastErrorCode: 'docker_timeout' } }),
      { swarm: 1, nodes: null, services: null, isCurrent: false },
    ],
    [
      'a Docker that is gone where there was a swarm',
      facts({ refresh: { ...GOOD, consecutiveFailures: 1, lastErrorCode: 'docker_not_configured' } }),
      { swarm: 1, nodes: 3, services: 1, isCurrent: true },
    ],
    [
      'nothing yet',
      facts({ picture: null, refresh: NO_REFRESH_YET }),
      { swarm: null, nodes: null, services: null, isCurrent: false },
    ],
  ])('%s', (_, given, expected) => {
    const { swarm, nodes, services, isCurrent } = swarmTargets(given);
    const count = (targets: readonly unknown[] | null) => targets && targets.length;
    expect({ swarm: count(swarm), nodes: count(nodes), services: count(services), isCurrent }).toEqual(expected);
  });

  it('has labels to find it by', () => {
    const [service] = assess({ services: [aService({ stack: 'shop' })], tasks: [] }).picture.services;
    expect(serviceTarget(service!)).toEqual({
      key: 'web-id',
      name: 'web',
      labels: { service: 'web', stack: 'shop', mode: 'replicated' },
    });
    expect(nodeTarget(picture.nodes[0]!)).toEqual({
      key: 'node1-id',
      name: 'node1',
      labels: { node: 'node1', role: 'manager' },
    });
  });
});

describe('values', () => {
  it.each<[NodeState, number]>([
    ['ready', 0],
    ['down', 1],
    ['disconnected', UNKNOWN],
    ['unknown', UNKNOWN],
  ])('of a node that is %s', (state, value) => {
    const [node] = assess({ nodes: [aNode('a', { state })] }).picture.nodes;
    expect(nodeValue('swarm.node_down', node!)).toBe(value);
  });

  const valueOf = (metric: string, ...[service, tasks, options]: Parameters<typeof judged>) =>
    serviceValue(metric, judged(service, tasks, options), NOW.toISOString());

  it('of a service: what is missing, whatever still claims to run on a dead node', () => {
    const tasks = [aTask({ slot: 1 }), aTask({ slot: 2, nodeId: 'node3-id' })];
    expect(valueOf('swarm.service_missing_replicas', { replicas: 3 }, tasks)).toBe(1);
    expect(valueOf('swarm.service_missing_replicas', { replicas: 3 }, tasks, { nodes: NODE3_DOWN })).toBe(2);
    expect(valueOf('swarm.service_missing_replicas', { replicas: 1 }, tasks)).toBe(0);
    expect(valueOf('swarm.service_missing_replicas', { replicas: 0 }, [])).toBe(0);
  });

  it.each<[string, number[], number]>([
    ['none', [], 0],
    ['three within ten minutes', [10, 100, 590], 0.3],
    ['older ones', [601, 3_000], 0],
    ['more than are shown, as fast as those that are', Array.from({ length: 50 }, (_, index) => 6 * (index + 1)), 10],
  ])('of a service that restarts: %s', (_, seconds, rate) => {
    const failures = seconds.map((age, index) => aFailure(age, { slot: index + 1 }));
    expect(valueOf('swarm.task_restart_rate', { replicas: 50 }, failures)).toBeCloseTo(rate, 1);
  });

  it('of a service in a crash loop', () => {
    const failing = [...times(3, (index) => aFailure(index * 60)), aTask({ state: 'starting', since: ago(5) })];
    expect(valueOf('swarm.service_flapping', {}, failing)).toBe(1);
    expect(valueOf('swarm.service_flapping', {}, [aTask()])).toBe(0);
  });

  it.each<[string | null, number]>([
    [null, 0],
    ['updating', 0],
    ['completed', 0],
    ['paused', 1],
    ['rollback_started', 1],
    ['rollback_paused', 1],
    ['rollback_completed', 1],
  ])('of a service whose update is %s', (updateState, value) => {
    expect(valueOf('swarm.update_failed', { updateState }, [aTask()])).toBe(value);
    // What else is wrong with it does not hide it.
    expect(valueOf('swarm.update_failed', { updateState, replicas: 2 }, [aTask()])).toBe(value);
  });

  it.each<ServiceMode>(['replicated-job', 'global-job'])('of a %s are only its restarts', (mode) => {
    for (const metric of ['swarm.service_missing_replicas', 'swarm.service_flapping', 'swarm.update_failed']) {
      expect(valueOf(metric, { mode }, [])).toBe(NOT_APPLICABLE);
    }
    expect(valueOf('swarm.task_restart_rate', { mode }, [])).toBe(0);
  });

  it.each<[managers: number, reachable: number, margin: number]>([
    [1, 1, 0],
    [2, 2, 0],
    [3, 3, 1],
    [3, 2, 0],
    [3, 1, -1],
    [5, 4, 1],
  ])('of a quorum of %i managers, %i reachable', (managers, reachable, margin) => {
    const nodes = times(managers, (index) =>
      aNode(`m${index}`, { role: 'manager', reachability: index <= reachable ? 'reachable' : 'unreachable' }),
    );
    const given = facts({ picture: assess({ nodes }).picture });
    expect(swarmValue('swarm.quorum_margin', given, true)).toBe(margin);
    expect(swarmValue('swarm.quorum_margin', given, false)).toBe(UNKNOWN);
  });

  it.each<[string, SwarmFacts, number]>([
    ['swarm.collect_age_seconds', facts({}, 33), 33],
    ['swarm.collect_age_seconds', facts({}, 9_000), 9_000],
    ['swarm.collect_age_seconds', facts({}, -60), UNKNOWN],
    ['swarm.collect_age_seconds', facts({ picture: null }), UNKNOWN],
    ['swarm.collection_seconds', facts({}), 0.02],
    ['swarm.refresh_seconds', facts({}), 0.5],
    ['swarm.refresh_seconds', facts({ refresh: NO_REFRESH_YET }), UNKNOWN],
    ['swarm.refresh_failures', facts({}), 0],
    ['swarm.refresh_failures', facts({ refresh: { ...GOOD, consecutiveFailures: 3 } }), 3],
    ['swarm.refresh_failures', facts({ refresh: NO_REFRESH_YET }), UNKNOWN],
    ['swarm.miss_percent', facts({}), UNKNOWN],
    ['swarm.miss_percent', facts({}, 0, { miss: 4 }), UNKNOWN],
    ['swarm.miss_percent', facts({}, 0, { miss: 4, primary: 4 }), 50],
    ['swarm.miss_percent', facts({ picture: null }, 0, { miss: 9 }), UNKNOWN],
    ['swarm.backup_source_percent', facts({}, 0, { backup: 1, primary: 4 }), 20],
    ['swarm.something_else', facts({}), UNKNOWN],
  ])('of %s', (metric, given, value) => {
    expect(swarmValue(metric, given, true)).toBe(value);
  });
});
