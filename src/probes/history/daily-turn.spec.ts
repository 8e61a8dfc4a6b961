import { isDailyTurn } from './daily-turn.js';

const QUARTER_MS = 900_000;

describe('a daily turn at 03:00 local time', () => {
  it.each([
    ['UTC', '2026-11-21', ['2026-11-21T03:00:00Z']],
    ['Europe/Berlin', '2026-11-21', ['2026-11-21T02:00:00Z']],
    ['Asia/Kathmandu', '2026-11-21', ['2026-11-21T21:15:00Z']],
    // Clocks go from 02:00 to 03:00, and from 03:00 back to 02:00.
    ['Europe/Berlin', '2026-03-29', ['2026-03-29T01:00:00Z']],
    ['Europe/Berlin', '2026-10-25', ['2026-10-25T02:00:00Z']],
    // Clocks skip from 03:00 to 04:00, and repeat it.
    ['Europe/Helsinki', '2026-03-29', ['2026-03-29T01:00:00Z']],
    ['Europe/Helsinki', '2026-10-25', ['2026-10-25T00:00:00Z']],
  ])('in %s on %s comes once', (timeZone, day, turns) => {
    const ticks = Array.from(
      { length: 96 },
      (_, place) => new Date(Date.parse(`${day}T00:00:00Z`) + place * QUARTER_MS),
    );
    const found = ticks.filter((tick) => isDailyTurn(tick, 3, timeZone, QUARTER_MS));
    expect(found).toEqual(turns.map((turn) => new Date(turn)));
  });
});
