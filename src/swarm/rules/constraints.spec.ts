import { aNode } from '../../../test/support/swarm-facts.js';
import { meetsKnownConstraints } from './constraints.js';

const NODE = aNode('Node7', { labels: { zone: 'a' } });

it.each<[constraint: string, met: boolean]>([
  ['node.role==worker', true],
  ['node.role == manager', false],
  ['node.role!=manager', true],
  ['node.hostname==node7', true],
  ['node.id!=Node7-id', false],
  ['node.labels.zone==A', true],
  ['node.labels.zone!=a', false],
  ['node.labels.rack==1', false],
  ['node.labels.rack!=1', true],
  // What cannot be known here excludes nobody.
  ['node.platform.os==windows', true],
  ['engine.labels.disk==ssd', true],
  ['nonsense', true],
])('%s: %s', (constraint, met) => expect(meetsKnownConstraints(NODE, [constraint])).toBe(met));

it('wants all of them met', () => {
  expect(meetsKnownConstraints(NODE, ['node.role==worker', 'node.labels.zone==b'])).toBe(false);
  expect(meetsKnownConstraints(NODE, [])).toBe(true);
});
