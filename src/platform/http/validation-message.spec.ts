import { z } from 'zod';
import { tellable, validationMessage } from './validation-message.js';

const schema = z.strictObject({
  name: z.string().min(1).max(3).optional(),
  role: z.enum(['viewer', 'admin']).optional(),
  own: z.string('Say it so.').optional(),
  count: z.int().min(2).max(9).optional(),
  share: z.number().gt(0).lt(1).optional(),
  list: z.array(z.string()).min(1).max(2).optional(),
  labels: z.record(z.string().regex(/^[a-z]+$/, 'Must be letters.'), z.string()).optional(),
  id: z.uuid().optional(),
  either: z.union([z.boolean(), z.int()]).optional(),
  shape: z
    .discriminatedUnion('kind', [z.object({ kind: z.literal('a') }), z.object({ kind: z.literal('b') })])
    .optional(),
  any: z.int().optional(),
});

describe('validationMessage', () => {
  it.each([
    [{ name: '' }, 'Must not be empty.'],
    [{ name: 'abcd' }, 'Must have at most 3 characters.'],
    [{ name: 1 }, 'Must be a string.'],
    [{ name: ['a', 'b'] }, 'Give it once.'],
    [{ role: 'x' }, 'Must be one of: viewer, admin.'],
    [{ role: ['viewer', 'admin'] }, 'Give it once.'],
    [{ own: 1 }, 'Say it so.'],
    [[], 'Must be an object.'],
    [undefined, 'Is required.'],
    [{ count: 1 }, 'Must be at least 2.'],
    [{ count: 1.5 }, 'Must be a whole number.'],
    [{ count: 1e300 }, 'Must be at most 9.'],
    [{ count: -1e300 }, 'Must be at least 2.'],
    [{ any: 1e300 }, 'Is too large a number.'],
    [{ share: 0 }, 'Must be more than 0.'],
    [{ share: 1 }, 'Must be less than 1.'],
    [{ list: [] }, 'Must have at least 1 entry.'],
    [{ list: ['a', 'b', 'c'] }, 'Must have at most 2 entries.'],
    [{ list: 'a' }, 'Must be an array.'],
    [{ labels: { A: 'x' } }, 'Must be letters.'],
    [{ labels: 'x' }, 'Must be an object.'],
    [{ id: 'x' }, 'Must be a UUID.'],
    [{ either: 'x' }, 'Has none of the forms that it can have.'],
    [{ shape: { kind: 'c' } }, 'Must be one of: a, b.'],
  ])('says of %j: %s', (value, message) => {
    expect(tellable(schema.safeParse(value, { error: validationMessage }).error!.issues)).toMatchObject([{ message }]);
  });
});
