import { z } from 'zod';

/** Which parts of an item are asked for; `true` takes all below. */
export interface FieldTree {
  [field: string]: FieldTree | true;
}

/** Every path that `fields` may name for items of a schema: `id`, `failures`, `failures.at`, … */
export function fieldPaths(schema: z.ZodType, prefix = ''): string[] {
  const inner = unwrap(schema);
  if (!(inner instanceof z.ZodObject)) return [];
  return Object.entries(inner.shape as Record<string, z.ZodType>).flatMap(([key, value]) => [
    prefix + key,
    ...fieldPaths(value, `${prefix}${key}.`),
  ]);
}

function unwrap(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodArray) return unwrap(schema.element as z.ZodType);
  if (schema instanceof z.ZodNullable || schema instanceof z.ZodOptional || schema instanceof z.ZodReadonly) {
    return unwrap(schema.unwrap() as z.ZodType);
  }
  return schema;
}

export function fieldTree(paths: string[]): FieldTree {
  const tree: FieldTree = {};
  for (const path of paths) {
    const keys = path.split('.');
    const last = keys.pop()!;
    let branch: FieldTree | true = tree;
    for (const key of keys) {
      if (branch === true) break;
      branch = branch[key] ??= {};
    }
    if (branch !== true) branch[last] = true;
  }
  return tree;
}

/** The asked-for parts of an item; lists inside are trimmed item by item. */
export function trimFields(item: unknown, tree: FieldTree): unknown {
  if (Array.isArray(item)) return item.map((element) => trimFields(element, tree));
  if (typeof item !== 'object' || item === null) return item;
  const source = item as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(tree)
      .filter(([key]) => Object.hasOwn(source, key))
      .map(([key, branch]) => [key, branch === true ? source[key] : trimFields(source[key], branch)]),
  );
}
