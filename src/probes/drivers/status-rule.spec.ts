import { statusRule } from './status-rule.js';

describe('statusRule', () => {
  it.each([
    [null, [200, 204, 301, 399], [199, 400, 401, 500]],
    ['200', [200], [201, 199]],
    ['200-299', [200, 299], [300]],
    ['200,301-302', [200, 301, 302], [201, 303]],
    [' 200 , 401 ', [200, 401], [403]],
  ])('%j', (rule, good, bad) => {
    const isGood = statusRule(rule)!;
    expect(good.filter(isGood)).toEqual(good);
    expect(bad.filter(isGood)).toEqual([]);
  });

  it.each(['', 'ok', '2xx', '200-', '300-200', '99', '600', '200,,201', '2000'])('cannot read %j', (rule) => {
    expect(statusRule(rule)).toBeNull();
  });
});
