import { activeOccurrence, occurrences, timeFaults, type WindowTimes } from './occurrences.js';

const window = (
  startsAt: string,
  endsAt: string,
  timezone: string,
  rrule: string | null = 'FREQ=DAILY',
): WindowTimes => ({
  startsAt: new Date(startsAt),
  endsAt: new Date(endsAt),
  timezone,
  rrule,
});
const of = (times: WindowTimes, day: string) =>
  occurrences(times, new Date(`${day}T00:00:00Z`), new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000)).map(
    ({ start, end }) => `${start.toISOString().slice(0, 16)} ${end.toISOString().slice(0, 16)}`,
  );

describe('occurrences over clock changes', () => {
  const berlin = window('2026-01-10T01:00:00Z', '2026-01-10T03:00:00Z', 'Europe/Berlin'); // 02:00–04:00
  const skipped = window('2026-01-10T01:00:00Z', '2026-01-10T02:00:00Z', 'Europe/Berlin'); // 02:00–03:00
  const half = window('2026-01-10T01:30:00Z', '2026-01-10T02:30:00Z', 'Europe/Berlin'); // 02:30–03:30
  const twice = window('2026-01-10T00:30:00Z', '2026-01-10T01:30:00Z', 'Europe/Berlin'); // 01:30–02:30
  const inside = window('2026-01-10T01:15:00Z', '2026-01-10T01:45:00Z', 'Europe/Berlin'); // 02:15–02:45
  const hourly = window('2026-10-24T22:10:00Z', '2026-10-24T22:20:00Z', 'Europe/Berlin', 'FREQ=HOURLY;COUNT=4'); // 00:10–00:20
  const secondTime = window('2026-04-04T15:10:00Z', '2026-04-04T15:20:00Z', 'Australia/Lord_Howe'); // the second 01:40–01:50
  const newYork = window('2026-01-10T06:30:00Z', '2026-01-10T08:30:00Z', 'America/New_York'); // 01:30–03:30
  const lordHowe = window('2026-01-09T15:00:00Z', '2026-01-09T17:00:00Z', 'Australia/Lord_Howe'); // 02:00–04:00, half an hour of change

  it.each<[string, WindowTimes, string, string[]]>([
    ['winter', berlin, '2026-02-10', ['2026-02-10T01:00 2026-02-10T03:00']],
    ['summer: the same time on the wall', berlin, '2026-07-10', ['2026-07-10T00:00 2026-07-10T02:00']],
    ['spring: an hour shorter, ends at 04:00', berlin, '2026-03-29', ['2026-03-29T01:00 2026-03-29T02:00']],
    ['autumn: an hour longer, ends at 04:00', berlin, '2026-10-25', ['2026-10-25T00:00 2026-10-25T03:00']],
    ['wholly in the hour left out', skipped, '2026-03-29', []],
    ['all of the hour that comes twice: the first time', skipped, '2026-10-25', ['2026-10-25T00:00 2026-10-25T01:00']],
    ['ends in the hour that comes twice: the second time', twice, '2026-10-25', ['2026-10-24T23:30 2026-10-25T01:30']],
    ['within the hour that comes twice: the first time', inside, '2026-10-25', ['2026-10-25T00:15 2026-10-25T00:45']],
    [
      'hourly, ten minutes each: also in the hour that comes twice',
      hourly,
      '2026-10-25',
      ['2026-10-25T00:10 2026-10-25T00:20', '2026-10-25T02:10 2026-10-25T02:20'],
    ],
    ['the first one is as given, the second time too', secondTime, '2026-04-04', ['2026-04-04T15:10 2026-04-04T15:20']],
    ['begins in the hour left out', half, '2026-03-29', ['2026-03-29T01:00 2026-03-29T01:30']],
    ['the day after: no drift', half, '2026-03-30', ['2026-03-30T00:30 2026-03-30T01:30']],
    ['New York, spring', newYork, '2026-03-08', ['2026-03-08T06:30 2026-03-08T07:30']],
    ['New York, autumn', newYork, '2026-11-01', ['2026-11-01T05:30 2026-11-01T08:30']],
    ['Lord Howe, spring: half an hour', lordHowe, '2026-10-03', ['2026-10-03T15:30 2026-10-03T17:00']],
    ['Lord Howe, autumn: from the first 01:30…', lordHowe, '2026-04-04', ['2026-04-04T15:30 2026-04-04T17:30']],
  ])('%s', (_name, times, day, expected) => {
    expect(of(times, day)).toEqual(expected);
  });

  it('is in order, never empty, and never long by more than the change', () => {
    for (const zone of ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu']) {
      const times = window('2026-01-01T13:30:00Z', '2026-01-01T15:30:00Z', zone, 'FREQ=HOURLY;INTERVAL=5');
      const all = occurrences(times, new Date('2026-02-01T00:00:00Z'), new Date('2027-02-01T00:00:00Z'));
      expect(all.length).toBeGreaterThan(1_700);
      all.forEach(({ start, end }, index) => {
        expect(end.getTime() - start.getTime()).toBeGreaterThan(0);
        expect(end.getTime() - start.getTime()).toBeLessThanOrEqual(3 * 3_600_000);
        expect(start.getTime()).toBeGreaterThan(all[index - 1]?.start.getTime() ?? 0);
      });
    }
  });
});

describe('activeOccurrence', () => {
  const sunday = window('2026-11-01T22:00:00Z', '2026-11-02T02:00:00Z', 'UTC', 'FREQ=WEEKLY;BYDAY=SU');
  it.each([
    ['2026-11-08T21:59:59.999Z', null],
    ['2026-11-08T22:00:00Z', '2026-11-09T02:00:00.000Z'],
    ['2026-11-09T01:59:59.999Z', '2026-11-09T02:00:00.000Z'],
    ['2026-11-09T02:00:00Z', null],
    ['2026-10-25T23:00:00Z', null],
  ])('at %s ends %s', (at, end) => {
    expect(activeOccurrence(sunday, new Date(at))?.end.toISOString() ?? null).toBe(end);
  });

  it.each([
    ['FREQ=DAILY;COUNT=2', '2026-11-02T22:30:00Z', true],
    ['FREQ=DAILY;COUNT=2', '2026-11-03T22:30:00Z', false],
    ['FREQ=DAILY;UNTIL=20261103', '2026-11-03T22:30:00Z', true],
    ['FREQ=DAILY;UNTIL=20261103', '2026-11-04T22:30:00Z', false],
    ['FREQ=DAILY;UNTIL=20261103T215959Z', '2026-11-03T22:30:00Z', false],
  ])('%s at %s: %s', (rrule, at, expected) => {
    expect(activeOccurrence({ ...sunday, rrule }, new Date(at)) !== null).toBe(expected);
  });
});

describe('timeFaults', () => {
  const good = window('2026-01-10T01:00:00Z', '2026-01-10T03:00:00Z', 'Europe/Berlin', null);
  it.each<[Partial<WindowTimes>, string]>([
    [{ timezone: 'Mars/Olympus' }, 'timezone: Must be an IANA'],
    [{ timezone: '+02:00' }, 'timezone: Must be an IANA'],
    [{ endsAt: good.startsAt }, 'ends_at: Must be after'],
    [{ endsAt: new Date('2028-01-10T01:00:00Z') }, 'ends_at: Must be at most 366 days'],
    [{ startsAt: new Date('0001-01-10T01:00:00Z') }, 'starts_at: Must be in the years'],
    [{ rrule: '' }, 'rrule: Has an unknown part'],
    [{ rrule: 'BYDAY=MO' }, 'rrule: Must have a FREQ'],
    [{ rrule: 'FREQ=MINUTELY' }, 'rrule: FREQ must be one of'],
    [{ rrule: 'FREQ=SECONDLY' }, 'rrule: FREQ must be one of'],
    [{ rrule: 'FREQ=DAILY;BYSECOND=1' }, 'rrule: Has an unknown part "BYSECOND"'],
    [{ rrule: 'FREQ=DAILY;BYMINUTE=0,30' }, 'rrule: BYMINUTE must be one number'],
    [{ rrule: 'FREQ=DAILY;COUNT=1001' }, 'rrule: COUNT must be from 1 to 1000'],
    [{ rrule: 'FREQ=DAILY;COUNT=1;UNTIL=20270101' }, 'rrule: Must have COUNT or UNTIL'],
    [{ rrule: 'FREQ=DAILY;UNTIL=20270231' }, 'rrule: UNTIL must be such as'],
    [{ rrule: 'FREQ=DAILY;UNTIL=20250101' }, 'rrule: Never occurs'],
    [{ rrule: 'FREQ=DAILY;FREQ=DAILY' }, 'rrule: Must have FREQ once'],
    [{ rrule: 'FREQ=WEEKLY;BYDAY=1MO' }, 'rrule: Is not a rule of RFC 5545'],
    [{ rrule: 'FREQ=DAILY\nDTSTART:20260101T000000Z' }, 'rrule: Must be the rule alone'],
    [{ rrule: `FREQ=DAILY;BYHOUR=${'1,'.repeat(300)}1` }, 'rrule: Must have at most 500'],
    [{ rrule: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30' }, 'rrule: Never occurs'],
    [{ rrule: 'FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30' }, 'rrule: Never occurs'],
    [{ rrule: 'FREQ=YEARLY;BYYEARDAY=366;BYSETPOS=2' }, 'rrule: Never occurs'],
    [{ rrule: 'FREQ=HOURLY;INTERVAL=24;BYHOUR=3' }, 'rrule: Never occurs'],
  ])('%o: %s', (change, expected) => {
    const before = process.cpuUsage();
    const [first] = timeFaults({ ...good, ...change });
    expect(`${first?.path}: ${first?.message}`).toContain(expected);
    // Of the processor; what others take of it meanwhile does not count.
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1e6).toBeLessThan(5);
  });

  it.each([
    'FREQ=WEEKLY;BYDAY=SU',
    'FREQ=MONTHLY;BYDAY=-1FR',
    'rrule:freq=daily',
    'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29',
    'FREQ=HOURLY;BYDAY=MO',
    'FREQ=HOURLY;COUNT=1000',
  ])('takes %s', (rrule) => expect(timeFaults({ ...good, rrule })).toEqual([]));
});
