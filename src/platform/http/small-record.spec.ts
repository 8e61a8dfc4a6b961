import { z } from 'zod';
import { smallRecord } from './small-record.js';

describe('smallRecord', () => {
  let looked = 0;
  const key = z.string().refine((name) => ++looked > 0 && name !== 'bad', 'Is a bad name.');
  const schema = smallRecord(key, z.string().max(3), 2, 'labels');
  beforeEach(() => (looked = 0));

  it.each<[unknown, string[] | null]>([
    [{ a: 'x', b: 'y' }, null],
    [{ a: 'x', b: 'y', c: 'z' }, ['Must have at most 2 labels.']],
    [{ a: 1 }, [expect.stringContaining('string')]],
    [[], [expect.stringContaining('record')]],
    ['x', [expect.stringContaining('record')]],
  ])('takes or refuses %j', (value, messages) => {
    expect(schema.safeParse(value).error?.issues.map(({ message }) => message) ?? null).toEqual(messages);
  });

  it('looks at how many there are before it looks at one', () => {
    const many = Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`l${n}`, 'x']));
    expect(schema.safeParse(many).success).toBe(false);
    expect(looked).toBe(0);
  });

  it('may be left out where that is said', () => {
    expect(z.strictObject({ labels: schema.optional() }).parse({})).toEqual({});
    expect(z.strictObject({ labels: schema }).safeParse({}).success).toBe(false);
  });

  it('is documented', () => {
    expect(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })).toMatchObject({
      type: 'object',
      maxProperties: 2,
      additionalProperties: { type: 'string', maxLength: 3 },
    });
  });
});
