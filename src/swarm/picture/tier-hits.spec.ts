import { TierHitCounter } from './tier-hits.js';

describe('TierHitCounter', () => {
  it('forgets as usual when the clock was set back', () => {
    const counter = new TierHitCounter();
    const at = (minutes: number) => new Date(Date.UTC(2026, 10, 21, 12, minutes));
    counter.count('backup', at(0));
    counter.count('primary', at(-60));
    expect(counter.hits(at(-60))).toMatchObject({ backup: 1, primary: 1 });
    expect(counter.hits(at(-49))).toMatchObject({ backup: 0, primary: 1 });
    expect(counter.hits(at(-38))).toMatchObject({ backup: 0, primary: 0 });
  });
});
