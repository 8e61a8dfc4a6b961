import { answerOf, remembered } from './known-address.js';

const MINUTE = 60_000;

describe('what is known of a name', () => {
  it('is not asked again for 60 s after an answer, 10 s after a failure', () => {
    const answered = { address: '10.0.0.1', at: 1_000, triedAt: 1_000 };
    expect(remembered(answered, 1_000 + MINUTE - 1)).toBe(true);
    expect(remembered(answered, 1_000 + MINUTE)).toBe(false);
    const failed = { address: null, at: 1_000, triedAt: 1_000 };
    expect(remembered(failed, 10_999)).toBe(true);
    expect(remembered(failed, 11_000)).toBe(false);
    const failedLater = { address: '10.0.0.1', at: 1_000, triedAt: 70_000 };
    expect(remembered(failedLater, 79_999)).toBe(true);
    expect(remembered(failedLater, 80_000)).toBe(false);
  });

  it('is used for an hour when nobody answers any more', () => {
    const known = { address: '10.0.0.1', at: 0, triedAt: 59 * MINUTE };
    expect(answerOf(known, 60 * MINUTE - 1)).toBe('10.0.0.1');
    expect(answerOf(known, 60 * MINUTE)).toBeNull();
    expect(answerOf({ address: null, at: 0, triedAt: 0 }, 1)).toBeNull();
  });
});
