import { retryAfterSeconds } from './retry-after.js';

const NOW = Date.parse('2026-11-21T12:00:00Z');

describe('retryAfterSeconds', () => {
  it.each([
    ['30', 30],
    ['0', 0],
    ['0.3', 1],
    ['Sat, 21 Nov 2026 12:01:30 GMT', 90],
    ['Sat, 21 Nov 2026 11:00:00 GMT', 0],
    ['99999999999', 86_400],
    ['-5', null],
    ['soon', null],
    ['', null],
    [null, null],
    [undefined, null],
  ])('reads %p as %p', (header, seconds) => expect(retryAfterSeconds(header, NOW)).toBe(seconds));
});
