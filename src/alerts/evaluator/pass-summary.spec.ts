import { passSummary } from './pass-summary.js';

describe('the summary of a pass', () => {
  it.each([
    [0, 0, 3, null],
    [1, 0, 1, '1 alert fired; 1 fires now'],
    [3, 0, 3, '3 alerts fired; 3 fire now'],
    [0, 1, 0, '1 alert resolved; none fire now'],
    [0, 2, 1, '2 alerts resolved; 1 fires now'],
    [1, 2, 5, '1 alert fired, 2 resolved; 5 fire now'],
  ])('%i fired, %i resolved, %i firing: %s', (fired, resolved, firing, line) => {
    expect(passSummary({ fired, resolved, firing, pending: 0, rules: 1, targets: 1, durationMs: 1 })).toBe(line);
  });
});
