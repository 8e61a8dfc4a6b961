import { z } from 'zod';

/**
 * An object of texts with few fields. How many there are is looked at first, so that a huge one costs nothing.
 * @param what its fields are, for the message: `labels`
 */
export function smallRecord<K extends z.ZodType<string, string>, V extends z.ZodType>(
  key: K,
  value: V,
  most: number,
  what: string,
) {
  const isTooLarge = (given: unknown) =>
    typeof given === 'object' && given !== null && Object.keys(given).length > most;
  const { $schema: _dialect, ...shape } = z.toJSONSchema(value, { io: 'input' });
  return z
    .unknown()
    .transform((given, context) => {
      if (!isTooLarge(given)) return given;
      context.issues.push({ code: 'custom', message: `Must have at most ${most} ${what}.`, input: given });
      return z.NEVER;
    })
    .pipe(z.record(key, value))
    .meta({ type: 'object', maxProperties: most, additionalProperties: shape as Record<string, unknown> });
}
