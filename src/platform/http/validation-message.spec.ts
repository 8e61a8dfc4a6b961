import { z } from 'zod';
import { validationMessage } from './validation-message.js';

const schema = z.strictObject({
  name: z.string().min(1).max(3).optional(),
  role: z.enum(['viewer', 'admin']).optional(),
  own: z.string('Say it so.').optional(),
  count: z.int().min(2).optional(),
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
  ])('says of %j: %s', (value, message) => {
    expect(schema.safeParse(value, { error: validationMessage }).error?.issues).toMatchObject([{ message }]);
  });

  it('leaves to the schema what it has no better words for', () => {
    const [issue] = schema.safeParse({ count: 1 }, { error: validationMessage }).error!.issues;
    expect(issue!.message).toMatch(/2/);
  });
});
