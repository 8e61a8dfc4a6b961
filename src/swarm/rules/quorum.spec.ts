import { aNode, times } from '../../../test/support/swarm-facts.js';
import { countQuorum, isQuorumLost } from './quorum.js';

describe.each<[managers: number, reachable: number, tolerated: number, lost: boolean]>([
  [0, 0, 0, false],
  [1, 1, 0, false],
  [1, 0, 0, true],
  [2, 2, 0, false],
  [2, 1, 0, true],
  [3, 3, 1, false],
  [3, 2, 0, false],
  [3, 1, 0, true],
  [4, 4, 1, false],
  [5, 5, 2, false],
  [5, 4, 1, false],
  [5, 3, 0, false],
  [5, 2, 0, true],
  [7, 7, 3, false],
])('%i managers, %i reachable', (managers, reachable, toleratedFailures, lost) => {
  const nodes = times(managers, (n) =>
    aNode(`m${n}`, { role: 'manager', reachability: n <= reachable ? 'reachable' : 'unreachable' }),
  );
  const quorum = countQuorum([...nodes, aNode('w1'), aNode('w2')]);

  it(`tolerates ${toleratedFailures}`, () => expect(quorum).toEqual({ managers, reachable, toleratedFailures }));
  it(`${lost ? 'is lost' : 'holds'}`, () => expect(isQuorumLost(quorum)).toBe(lost));
});
