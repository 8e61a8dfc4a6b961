import { normaliseQuery } from './normalise-query.js';

describe('normaliseQuery', () => {
  it.each([
    ['folds blanks', 'SELECT 1\n  FROM  a', 'SELECT ? FROM a'],
    ['keeps placeholders', 'WHERE a = $1 AND b IN ($2, $10)', 'WHERE a = $1 AND b IN ($2, $10)'],
    ['hides texts, quotes in them too', "WHERE a = 'it''s secret' AND b = 'x'", 'WHERE a = ? AND b = ?'],
    ['hides dollar-quoted texts', 'SELECT $tag$secret$tag$, $$other$$', 'SELECT ?, ?'],
    ['hides numbers, not names', 'SELECT t1.a2, 3.5 FROM t1 LIMIT 20', 'SELECT t1.a2, ? FROM t1 LIMIT ?'],
    ['keeps quoted names', 'SELECT "t0_1"."c2"', 'SELECT "t0_1"."c2"'],
  ])('%s', (_, sql, expected) => expect(normaliseQuery(sql)).toBe(expected));

  it('is never longer than 300 characters', () => {
    expect(normaliseQuery(`SELECT ${'column, '.repeat(100)}`)).toHaveLength(300);
  });
});
