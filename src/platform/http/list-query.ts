import { z } from 'zod';
import { fieldPaths, fieldTree, type FieldTree } from './fields.js';

const MAX_LIMIT = 500;
const DEFAULT_LIMIT = 50;

/** What a list is asked for. `F` are its filters, parsed. */
export interface ListQuery<F extends object = object, S extends string = string> {
  limit: number;
  cursor: string | undefined;
  sort: { key: S; descending: boolean };
  q: string | undefined;
  fields: FieldTree | undefined;
  filters: F;
  /** Tells lists apart: a cursor belongs to one. */
  list: string;
}

interface ListSpec<F extends z.ZodRawShape, S extends string> {
  /** Schema of one item; says which `fields` there are. */
  item: z.ZodType;
  sort: readonly S[];
  /** A sort key, with `-` for descending. */
  defaultSort: NoInfer<S> | `-${NoInfer<S>}`;
  /** What `q` searches, for the documentation; without it there is no `q`. */
  search?: string;
  filters?: F;
}

/**
 * The query schema of a list: `limit`, `cursor`, `sort`, `q`, `fields` and its filters by plain names; anything else is
 * refused with the list of what is valid.
 * @example listQuery({ item: nodeSchema, sort: ['hostname'], defaultSort: 'hostname', filters: { state: z.enum(['ready', 'down']).optional() } })
 */
export function listQuery<F extends z.ZodRawShape, S extends string>(spec: ListSpec<F, S>) {
  type Filters = z.output<z.ZodObject<F>>;
  const paths = fieldPaths(spec.item);
  const list = paths.join();
  const sortKeys = spec.sort.flatMap((key) => [key, `-${key}`] as const);
  const shape = {
    limit: z
      .preprocess(
        decimal,
        z
          .int(`Must be a whole number from 1 to ${MAX_LIMIT}.`)
          .min(1, `Must be at least 1.`)
          .max(MAX_LIMIT, `Must be at most ${MAX_LIMIT}.`),
      )
      .prefault(DEFAULT_LIMIT)
      .describe('How many items a page holds.'),
    cursor: z.string().min(1).max(2_000).optional().describe('`next_cursor` of the page before.'),
    sort: z
      .enum(sortKeys as [S, ...S[]], { error: `Must be one of: ${sortKeys.join(', ')}.` })
      .default(spec.defaultSort as S)
      .describe('Sort key, with `-` for descending.'),
    ...(spec.search && {
      q: z.string().min(1).max(200).optional().describe(`Text to search for in ${spec.search}.`),
    }),
    fields: fieldsSchema(paths).describe(`Comma-separated parts of an item to answer with: ${paths.join(', ')}.`),
    ...(spec.filters as F),
  };
  return z.strictObject(shape).transform((values): ListQuery<Filters, S> => {
    const { limit, cursor, sort, q, fields, ...filters } = values as Record<string, unknown>;
    const text = sort as string;
    return {
      limit: limit as number,
      cursor: cursor as string | undefined,
      sort: { key: text.replace(/^-/, '') as S, descending: text.startsWith('-') },
      q: q as string | undefined,
      fields: fields ? fieldTree(fields as string[]) : undefined,
      filters: filters as Filters,
      list,
    };
  });
}

/** Digits as a number; anything else as it is, to be refused: `Number` would take `1e2`, `0x10` and blanks as well. */
function decimal(value: unknown): unknown {
  return typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
}

function fieldsSchema(paths: string[]) {
  return z
    .string()
    .min(1, `Name at least one field. Valid: ${paths.join(', ')}.`)
    .max(2_000)
    .transform((text, context) => {
      const names = text.split(',').map((name) => name.trim());
      const unknown = names.filter((name) => !paths.includes(name));
      if (unknown.length > 0) {
        const message = `Unknown field ${unknown.slice(0, 10).join(', ')}. Valid: ${paths.join(', ')}.`;
        context.issues.push({ code: 'custom', message, input: text });
      }
      return names;
    })
    .optional();
}
