import { TotalsWindow } from './totals-window.js';

describe('TotalsWindow', () => {
  it('says what grew since the beginning while that is within the window', () => {
    const window = new TotalsWindow({ requests: 0, failures: 0 }, 0, 300_000);
    expect(window.note({ requests: 5, failures: 1 }, 10_000)).toEqual({ requests: 5, failures: 1 });
    expect(window.note({ requests: 9, failures: 1 }, 290_000)).toEqual({ requests: 9, failures: 1 });
  });

  it('forgets what is older than the window', () => {
    const window = new TotalsWindow({ requests: 0 }, 0, 300_000);
    for (let step = 1; step <= 60; step++) window.note({ requests: step }, step * 10_000);
    // 30 notes of 10 s are the window.
    expect(window.note({ requests: 61 }, 610_000)).toEqual({ requests: 30 });
  });

  it('counts what grew since the last note before a long silence', () => {
    const window = new TotalsWindow({ requests: 0 }, 0, 300_000);
    window.note({ requests: 7 }, 10_000);
    expect(window.note({ requests: 10 }, 4_000_000)).toEqual({ requests: 3 });
  });

  it('does not count what was there before it began', () => {
    expect(new TotalsWindow({ requests: 100 }, 0, 300_000).note({ requests: 101 }, 1)).toEqual({ requests: 1 });
  });
});
