import type { EngineNode } from '../engine/engine-facts.js';
import { aNode, NODE3_DOWN, THREE_NODES, times } from '../../../test/support/swarm-facts.js';
import { countQuorum } from './quorum.js';
import { warn } from './warnings.js';

const managers = (...reachability: string[]) =>
  reachability.map((word, index) => aNode(`m${index}`, { role: 'manager', reachability: word }));
const version = (hostname: string, engineVersion: string | null) => aNode(hostname, { engineVersion });
const THREE_MANAGERS = managers('reachable', 'reachable', 'reachable');

it.each<[name: string, nodes: EngineNode[], codes: string[]]>([
  ['one node alone', managers('reachable'), []],
  ['one manager, two workers', THREE_NODES, ['single_manager']],
  ['three managers', THREE_MANAGERS, []],
  ['two managers', managers('reachable', 'reachable'), ['even_managers']],
  ['one of three managers lost', managers('reachable', 'reachable', 'unreachable'), ['quorum_at_risk']],
  ['two of three managers lost', managers('reachable', 'unreachable', 'unreachable'), ['quorum_lost']],
  [
    'four managers, one lost',
    managers('reachable', 'reachable', 'reachable', 'unreachable'),
    ['quorum_at_risk', 'even_managers'],
  ],
  ['a node down', NODE3_DOWN, ['single_manager', 'node_down']],
  ['two engine versions', [...THREE_MANAGERS, version('a', '20.10.24')], ['engine_version_skew']],
  ['an unknown version is no skew', [...THREE_MANAGERS, version('a', null)], []],
])('%s', (_name, nodes, codes) => {
  expect(warn(nodes, countQuorum(nodes)).map(({ code }) => code)).toEqual(codes);
});

it('tells which versions run where', () => {
  const nodes = [...THREE_MANAGERS, version('a', '20.10.24')];
  expect(warn(nodes, countQuorum(nodes))).toEqual([
    {
      code: 'engine_version_skew',
      detail: 'The nodes run 2 versions of Docker Engine: 28.2.2 on 3, 20.10.24 on 1.',
      subject: { '28.2.2': 3, '20.10.24': 1 },
    },
  ]);
});

it('names a node that is down and Docker’s reason', () => {
  const [, warning] = warn(NODE3_DOWN, countQuorum(NODE3_DOWN));
  expect(warning).toEqual({
    code: 'node_down',
    detail: 'Node node3 is down (heartbeat failure): its tasks are not counted as running.',
    subject: { node_id: 'node3-id', hostname: 'node3' },
  });
});

it('names at most 20 of many nodes that are down', () => {
  const nodes = [...THREE_MANAGERS, ...times(500, (n) => aNode(`n${n}`, { state: 'down' }))];
  const down = warn(nodes, countQuorum(nodes)).filter(({ code }) => code === 'node_down');
  expect(down).toHaveLength(21);
  expect(down.at(-1)?.detail).toBe('480 more nodes are down.');
});
