import { faultOf, timesAfter, timesEnded } from './silence-times.js';

const at = (minute: number) => new Date(Date.UTC(2026, 10, 21, 9, minute));
const before = { startsAt: at(10), endsAt: at(20) };

describe('times of a silence', () => {
  it.each([
    ['begin now', timesAfter({ duration_seconds: 60 }, null, at(0)), { startsAt: at(0), endsAt: at(1) }],
    ['stay', timesAfter({}, before, at(0)), before],
    [
      'are as long as said from the start',
      timesAfter({ duration_seconds: 60 }, before, at(0)),
      { startsAt: at(10), endsAt: at(11) },
    ],
    ['end later', timesAfter({ ends_at: at(30).toISOString() }, before, at(0)), { startsAt: at(10), endsAt: at(30) }],
    [
      'begin earlier',
      timesAfter({ starts_at: at(5).toISOString() }, before, at(0)),
      { startsAt: at(5), endsAt: at(20) },
    ],
    ['end now', timesEnded(before, at(15)), { startsAt: at(10), endsAt: at(15) }],
    ['end before they begin', timesEnded(before, at(5)), { startsAt: at(5), endsAt: at(5) }],
  ])('%s', (_name, times, expected) => expect(times).toEqual(expected));

  it('are in order and not over', () => {
    expect(faultOf(before, at(15))).toBeNull();
    expect(faultOf(before, at(20))).toContain('future');
    expect(faultOf({ startsAt: at(5), endsAt: at(5) }, at(0))).toContain('after');
    expect(faultOf({ startsAt: at(0), endsAt: at(366 * 24 * 60) }, at(0))).toBeNull();
    expect(faultOf({ startsAt: at(0), endsAt: at(366 * 24 * 60 + 1) }, at(0))).toContain('a year');
    const last = Date.parse('9999-12-31T23:59:59.999Z');
    expect(faultOf({ startsAt: at(0), endsAt: new Date(last + 1) }, at(0))).toContain('a year');
    expect(faultOf({ startsAt: new Date(last - 1), endsAt: new Date(last) }, at(0))).toBeNull();
    expect(faultOf({ startsAt: new Date(last), endsAt: new Date(last + 1) }, at(0))).toContain('9999');
  });
});
