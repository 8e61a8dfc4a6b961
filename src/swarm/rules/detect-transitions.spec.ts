import type { EngineFacts } from '../engine/engine-facts.js';
import {
  aNode,
  aService,
  assess,
  aTask,
  COLLECTION,
  NO_MEMORY,
  NODE3_DOWN,
  NOW,
  THREE_NODES,
} from '../../../test/support/swarm-facts.js';
import { notInSwarm } from './assess-swarm.js';
import { detectTransitions } from './detect-transitions.js';

const picture = (facts: Partial<EngineFacts>) => assess(facts).picture;
const NONE = notInSwarm({ memory: NO_MEMORY, now: NOW, revision: 'r0', collection: COLLECTION }).picture;
const GOOD = picture({ services: [aService()], tasks: [aTask()] });
const BAD = picture({ services: [aService()], tasks: [] });

it.each([
  ['nothing before', null, BAD, []],
  ['nothing changed', BAD, BAD, []],
  ['a node died', picture({}), picture({ nodes: NODE3_DOWN }), ['node node3: ready → down']],
  ['a node came back', picture({ nodes: NODE3_DOWN }), picture({}), ['node node3: down → ready']],
  ['a node joined', picture({}), picture({ nodes: [...THREE_NODES, aNode('node4')] }), ['node node4: absent → ready']],
  [
    'a node left',
    picture({ nodes: NODE3_DOWN }),
    picture({ nodes: THREE_NODES.slice(0, 2) }),
    ['node node3: down → absent'],
  ],
  ['a service went down', GOOD, BAD, ['service web: healthy → down']],
  ['a service recovered', BAD, GOOD, ['service web: down → healthy']],
  ['a service was deployed', picture({}), BAD, []],
  ['a service was removed', BAD, picture({}), []],
  ['the engine left the swarm', BAD, NONE, ['swarm: active → not in swarm mode']],
  ['the engine joined a swarm', NONE, BAD, ['swarm: not in swarm mode → active']],
])('%s', (_name, before, after, lines) => {
  const transitions = detectTransitions(before, after);
  expect(transitions.map(({ subject, from, to }) => `${subject}: ${from} → ${to}`)).toEqual(lines);
  for (const { at } of transitions) expect(at).toBe(NOW.toISOString());
});
