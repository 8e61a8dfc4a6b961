import { timeRange } from './time-range.js';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const DAY_MS = 86_400_000;

describe('timeRange', () => {
  it.each([
    ['neither: the last days', {}, { from: NOW - DAY_MS, to: NOW }],
    ['only from', { from: '2026-11-20T00:00:00Z' }, { from: Date.parse('2026-11-20T00:00:00Z'), to: NOW }],
    ['only to', { to: '2026-11-02T00:00:00Z' }, { from: Date.parse('2026-11-01'), to: Date.parse('2026-11-02') }],
    [
      'the future is cut off',
      { from: '2026-11-21T00:00:00Z', to: '2027-01-01T00:00:00Z' },
      { from: Date.parse('2026-11-21'), to: NOW },
    ],
  ])('%s', (_, asked, expected) => {
    expect(timeRange(asked, { now: NOW, defaultDays: 1, past: true })).toEqual(expected);
  });

  it('leaves the future alone where it is none of its business', () => {
    const asked = { from: '2026-11-22T00:00:00Z', to: '2026-11-23T00:00:00Z' };
    expect(timeRange(asked, { now: NOW, defaultDays: 1 }).to).toBe(Date.parse(asked.to));
  });

  it.each([
    ['empty', { from: '2026-11-20T00:00:00Z', to: '2026-11-20T00:00:00Z' }, 'from: Must be before `to`.'],
    ['backwards', { from: '2026-11-20T00:00:00Z', to: '2026-11-19T00:00:00Z' }, 'from: Must be before `to`.'],
    ['all ahead', { from: '2026-11-22T00:00:00Z', to: '2026-11-23T00:00:00Z' }, 'from: Must be in the past.'],
    ['before there was a year 1970', { to: '0001-01-01T00:00:00Z' }, 'to: Must be after 1970-01-01.'],
    ['too long', { from: '2020-01-01T00:00:00Z' }, 'from: Must be at most 731 days before `to`.'],
  ])('refuses a range that is %s', (_, asked, message) => {
    expect(() => timeRange(asked, { now: NOW, defaultDays: 1, past: true })).toThrow(message);
  });
});
