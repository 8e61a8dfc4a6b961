import { ago, aNode, isoAgo, NOW } from '../../../test/support/swarm-facts.js';
import { rememberDownSince } from './down-since.js';

const DOWN = aNode('node3', { state: 'down', updatedAt: ago(30) });

it.each([
  ['kept from the first sight', [DOWN], { 'node3-id': isoAgo(900) }, { 'node3-id': isoAgo(900) }],
  ['taken from the transition at the first sight', [DOWN], {}, { 'node3-id': isoAgo(30) }],
  [
    'now when Docker says nothing',
    [{ ...DOWN, updatedAt: '0001-01-01T00:00:00Z' }],
    {},
    { 'node3-id': NOW.toISOString() },
  ],
  ['never in the future', [{ ...DOWN, updatedAt: ago(-60) }], {}, { 'node3-id': NOW.toISOString() }],
  ['forgotten when it is back', [aNode('node3')], { 'node3-id': isoAgo(900) }, {}],
  ['forgotten when it is gone', [], { 'node3-id': isoAgo(900) }, {}],
  ['not of a disconnected node', [aNode('node3', { state: 'disconnected' })], {}, {}],
] as const)('down since: %s', (_name, nodes, remembered, expected) => {
  expect(rememberDownSince(nodes, remembered, NOW)).toEqual(expected);
});
