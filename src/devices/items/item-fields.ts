import { z } from 'zod';
import { normaliseOid } from './oid.js';

export const VALUE_TYPES = ['number', 'text'] as const;
export const TRANSFORMS = ['none', 'rate'] as const;
export type ValueType = (typeof VALUE_TYPES)[number];
export type Transform = (typeof TRANSFORMS)[number];

/** What an item is, whether of a device or of a template. */
export interface ItemFields {
  name: string;
  oid: string;
  value_type: ValueType;
  transform: Transform;
  units: string | null;
  interval_seconds: number | null;
}

const oid = z
  .string()
  .max(1_500)
  .transform((text, context) => {
    const normal = normaliseOid(text.trim());
    if (normal !== null) return normal;
    const message = 'Must be a numeric object identifier such as 1.3.6.1.2.1.1.3.0: 2 to 128 numbers of 32 bit.';
    context.issues.push({ code: 'custom', message, input: text });
    return z.NEVER;
  })
  .describe('Numeric; a leading dot is dropped.');

export const intervalSeconds = z
  .int('Must be a whole number of seconds.')
  .min(5, 'Must be at least 5 seconds.')
  .max(86_400, 'Must be at most 86400 seconds.')
  .nullable()
  .describe('null follows the profile of the device, and that the settings.');

/** Of a request, each field by itself; {@link rateProblem} says what must fit together. */
export const itemShape = {
  name: z.string().trim().min(1).max(200).describe('Once a device.'),
  oid,
  value_type: z.enum(VALUE_TYPES),
  transform: z.enum(TRANSFORMS).describe('`rate`: a counter, told as change a second.'),
  units: z.string().trim().min(1).max(50).nullable(),
  interval_seconds: intervalSeconds,
};

/** A whole item in a request. */
export const itemBody = z
  .strictObject({
    name: itemShape.name,
    oid: itemShape.oid,
    value_type: itemShape.value_type.default('number'),
    transform: itemShape.transform.default('none'),
    units: itemShape.units.default(null),
    interval_seconds: itemShape.interval_seconds.default(null),
  })
  .superRefine((item, context) => {
    const message = rateProblem(item);
    if (message) context.issues.push({ code: 'custom', path: ['transform'], message, input: item });
  });

/** @returns why the two do not fit together, or null */
export function rateProblem({ value_type, transform }: Pick<ItemFields, 'value_type' | 'transform'>): string | null {
  return transform === 'rate' && value_type !== 'number' ? 'Only a number has a rate.' : null;
}
