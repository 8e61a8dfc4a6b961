import { type QuietHours, quietUntil } from './quiet-hours.js';

const night: QuietHours = { timezone: 'Europe/Berlin', from: '22:00', to: '06:00', except: [] };
const weekend: QuietHours = { ...night, days: ['sat', 'sun'], from: '00:00', to: '00:00' };
const until = (quiet: QuietHours, at: string): string | null => {
  const end = quietUntil(quiet, Date.parse(at));
  return end === null ? null : new Date(end).toISOString().slice(0, 16);
};

describe('quietUntil', () => {
  it.each<[string, QuietHours, string, string | null]>([
    ['by day', night, '2026-11-21T12:00:00Z', null],
    ['its first moment', night, '2026-11-21T21:00:00Z', '2026-11-22T05:00'],
    ['the moment before', night, '2026-11-21T20:59:59.999Z', null],
    ['before midnight', night, '2026-11-21T22:30:00Z', '2026-11-22T05:00'],
    ['after midnight', night, '2026-11-22T04:59:59Z', '2026-11-22T05:00'],
    ['its end', night, '2026-11-22T05:00:00Z', null],
    ['in summer', night, '2026-07-01T21:00:00Z', '2026-07-02T04:00'],
    ['within a day', { ...night, from: '12:00', to: '13:00' }, '2026-11-21T11:30:00Z', '2026-11-21T12:00'],
    ['the night the clocks go forward: an hour shorter', night, '2026-03-28T21:30:00Z', '2026-03-29T04:00'],
    ['the night the clocks go back: an hour longer', night, '2026-10-24T21:30:00Z', '2026-10-25T05:00'],
    [
      'ends in the hour left out: as the clocks go forward',
      { ...night, to: '02:30' },
      '2026-03-29T00:30:00Z',
      '2026-03-29T01:00',
    ],
    ['begins in the hour left out', { ...night, from: '02:30' }, '2026-03-29T01:00:00Z', '2026-03-29T04:00'],
    [
      'ends in the hour that comes twice: the second time',
      { ...night, to: '02:30' },
      '2026-10-25T00:45:00Z',
      '2026-10-25T01:30',
    ],
    [
      'begins in the hour that comes twice: the first time',
      { ...night, from: '02:30' },
      '2026-10-25T00:30:00Z',
      '2026-10-25T05:00',
    ],
    ['lies in the hour left out only', { ...night, from: '02:10', to: '02:50' }, '2026-03-29T01:00:00Z', null],
    ['only on days on which it begins', { ...night, days: ['fri'] }, '2026-11-22T04:00:00Z', null],
    ['the morning after such a day', { ...night, days: ['fri'] }, '2026-11-21T04:00:00Z', '2026-11-21T05:00'],
    ['days that adjoin', weekend, '2026-11-21T12:00:00Z', '2026-11-22T23:00'],
    ['the day before', weekend, '2026-11-20T22:59:59Z', null],
    ['the day after', weekend, '2026-11-22T23:00:00Z', null],
    [
      'half an hour of clock change',
      { ...night, timezone: 'Australia/Lord_Howe', from: '01:00', to: '03:00' },
      '2026-04-04T14:30:00Z',
      '2026-04-04T16:30',
    ],
    ['another zone', { ...night, timezone: 'America/New_York' }, '2026-11-22T04:00:00Z', '2026-11-22T11:00'],
  ])('%s', (_name, quiet, at, end) => {
    expect(until(quiet, at)).toBe(end);
  });
});
