import type { Ages } from './watchdog-beats.store.js';
import { whyWithheld } from './why-withheld.js';

describe('whyWithheld', () => {
  it.each<[string, Ages, number, string | null]>([
    ['both work', { evaluator: 44_999, dispatcher: 44_999 }, 30, null],
    ['nothing yet', { evaluator: null, dispatcher: null }, 30, 'no rule was evaluated yet'],
    ['the evaluator stopped', { evaluator: 45_000, dispatcher: 0 }, 30, 'no rule was evaluated for 45 s'],
    [
      'the dispatcher stopped',
      { evaluator: 0, dispatcher: 50_000 },
      30,
      'the dispatcher has not looked for notices for 50 s',
    ],
    ['no dispatcher', { evaluator: 0, dispatcher: null }, 30, 'the dispatcher has not looked for notices yet'],
    ['rules are evaluated rarely', { evaluator: 100_000, dispatcher: 0 }, 100, null],
    ['even for that it is long', { evaluator: 150_000, dispatcher: 0 }, 100, 'no rule was evaluated for 150 s'],
    [
      'that is no excuse for the dispatcher',
      { evaluator: 0, dispatcher: 60_000 },
      100,
      'the dispatcher has not looked for notices for 60 s',
    ],
  ])('%s', (_, ages, evaluationSeconds, expected) => {
    expect(whyWithheld(ages, evaluationSeconds)).toBe(expected);
  });
});
