import { z } from 'zod';
import type { EndpointSpec } from './endpoint.decorator.js';
import { type InvalidValue, ProblemException } from './problem.js';
import { isStorable } from './storable-text.js';

/** The parts of a request that are validated; replaced by what the schemas make of them. */
export interface RequestParts {
  url: string;
  params: unknown;
  query: unknown;
  body?: unknown;
}

const NOTHING = z.strictObject({});

/**
 * A function that validates requests of one endpoint and replaces their parts by the parsed values.
 * It throws a ProblemException that names every invalid value.
 */
export function requestValidator(spec: EndpointSpec): (request: RequestParts) => void {
  const { params, query = NOTHING, body } = spec;
  return (request) => {
    if (request.url.includes('%00')) throw new ProblemException('invalid_character');
    if (request.body !== undefined && request.body !== null) refuseUnstorable(request.body);
    const errors: InvalidValue[] = [];
    if (params) request.params = parse(params, request.params, 'path parameter', errors);
    if (query !== NOTHING || request.url.includes('?')) {
      request.query = parse(query, request.query, 'query parameter', errors);
    }
    if (body) request.body = parse(body, request.body ?? {}, 'field', errors);
    if (errors.length > 0) throw new ProblemException('validation_failed', { detail: summary(errors), errors });
  };
}

function parse(schema: z.ZodType, value: unknown, kind: string, errors: InvalidValue[]): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    if (issue.code === 'unrecognized_keys') errors.push(...unknownKeys(issue, schema, kind));
    else errors.push({ path: issue.path.join('.'), message: issue.message });
  }
  return undefined;
}

function unknownKeys(issue: z.core.$ZodIssueUnrecognizedKeys, schema: z.ZodType, kind: string): InvalidValue[] {
  const valid = issue.path.length === 0 ? shapeKeys(schema) : [];
  const hint = valid.length > 0 ? `Valid: ${valid.join(', ')}.` : `There is none here.`;
  return issue.keys.slice(0, 20).map((key) => ({
    path: [...issue.path, key].join('.').slice(0, 200),
    message: issue.path.length > 0 ? `Unknown ${kind}.` : `Unknown ${kind}. ${hint}`,
  }));
}

function shapeKeys(schema: z.ZodType): string[] {
  if (schema instanceof z.ZodPipe) return shapeKeys(schema.in as z.ZodType);
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

function summary(errors: InvalidValue[]): string {
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more, see \`errors\`)` : '';
  return first!.path ? `${first!.path}: ${first!.message}${more}` : `${first!.message}${more}`;
}

function refuseUnstorable(value: unknown): void {
  if (typeof value === 'string') {
    if (!isStorable(value)) throw new ProblemException('invalid_character');
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      refuseUnstorable(key);
      refuseUnstorable(inner);
    }
  }
}
