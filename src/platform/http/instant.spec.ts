import { instant } from './instant.js';

describe('instant', () => {
  const schema = instant('2027-01-31T00:00:00Z');

  it.each([
    ['2026-11-21T10:00:00Z', '2026-11-21T10:00:00.000Z'],
    ['2026-11-21T10:00:00.123456+02:00', '2026-11-21T08:00:00.123Z'],
    // PostgreSQL refuses offsets beyond 15:59; in UTC there is none.
    ['2026-11-21T10:00:00+23:59', '2026-11-20T10:01:00.000Z'],
    ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59.000Z'],
  ])('makes %s UTC', (text, utc) => expect(schema.parse(text)).toBe(utc));

  it.each([
    '0000-12-31T23:59:59Z',
    '0001-01-01T00:00:00+01:00',
    '9999-12-31T23:59:59-01:00',
    '2026-02-30T00:00:00Z',
    'now',
    '',
  ])('refuses %j and says what it takes', (text) =>
    expect(schema.safeParse(text).error?.issues).toMatchObject([
      { message: 'Must be an ISO-8601 time such as 2027-01-31T00:00:00Z.' },
    ]),
  );
});
