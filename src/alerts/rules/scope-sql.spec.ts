import { scopeCondition, scopeKey } from './scope-sql.js';

describe('the scope of a rule', () => {
  it('is nobody’s business when it is everything', () => {
    expect(scopeKey({ kind: 'devices', selector: { all: true } })).toBeNull();
    expect(scopeKey({ kind: 'devices', selector: { all: true, sites: ['A'] } })).not.toBeNull();
    expect(scopeKey({ kind: 'devices', selector: { all: true }, templates: ['T'] })).not.toBeNull();
  });

  it('is the same in whatever order it was written', () => {
    const key = scopeKey({ kind: 'devices', selector: { sites: ['A'], tags: ['b'] } });
    expect(scopeKey({ kind: 'devices', selector: { tags: ['b'], sites: ['A'] } })).toBe(key);
    expect(scopeKey({ kind: 'devices', selector: { tags: ['A'], sites: ['b'] } })).not.toBe(key);
    expect(scopeKey({ kind: 'devices', selector: { tags: ['b'], sites: ['A'] }, templates: ['T'] })).not.toBe(key);
  });

  it('has a value for each question mark', () => {
    const { condition, values } = scopeCondition({
      kind: 'devices',
      selector: { sites: ['A'], q: 'x?' },
      templates: ['T', 'AB'],
    });
    expect(condition.match(/\?/g)).toHaveLength(values.length);
    expect(values).toEqual([['A'], 'x?', ['T', 'AB'], ['t', 'ab']]);
  });
});
