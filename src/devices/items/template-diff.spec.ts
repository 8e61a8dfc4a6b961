import type { ItemFields } from './item-fields.js';
import { diffItems } from './template-diff.js';

const item = (name: string, rest: Partial<ItemFields> = {}): ItemFields => ({
  name,
  oid: '1.3.6.1',
  value_type: 'number',
  transform: 'none',
  units: null,
  interval_seconds: null,
  ...rest,
});
const stored = (name: string, rest: Partial<ItemFields> = {}) => ({ ...item(name, rest), id: `id of ${name}` });

describe('diffItems', () => {
  it('tells nothing of what is the same', () => {
    expect(diffItems([stored('a')], [item('a')])).toEqual({ added: [], changed: [], removed: [] });
  });

  it('tells items apart by name', () => {
    const { added, changed, removed } = diffItems([stored('a'), stored('b')], [item('b'), item('c')]);
    expect([added.map(({ name }) => name), changed, removed]).toEqual([['c'], [], ['id of a']]);
  });

  it.each<Partial<ItemFields>>([
    { oid: '1.3.7' },
    { value_type: 'text' },
    { transform: 'rate' },
    { units: 'B' },
    { interval_seconds: 60 },
  ])('sees a change of %j', (rest) => {
    expect(diffItems([stored('a')], [item('a', rest)]).changed).toEqual([stored('a', rest)]);
  });
});
