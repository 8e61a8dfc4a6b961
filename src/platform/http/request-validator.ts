import { z } from 'zod';
import { CsvBody } from './csv-body.js';
import type { EndpointSpec } from './endpoint.decorator.js';
import { type InvalidValue, ProblemException } from './problem.js';
import { isStorable } from './storable-text.js';
import { tellable, validationMessage } from './validation-message.js';
import { YamlBody } from './yaml-body.js';

/** The parts of a request that are validated; replaced by what the schemas make of them. */
interface RequestParts {
  url: string;
  params: unknown;
  query: unknown;
  body?: unknown;
}

const NOTHING = z.strictObject({});
/** Deeper than anything we take, and far from where recursion ends. */
const MAX_DEPTH = 64;

/**
 * A function that validates requests of one endpoint and replaces their parts by the parsed values.
 * It throws a ProblemException that names every invalid value.
 */
export function requestValidator(spec: EndpointSpec): (request: RequestParts) => void {
  const { params, query = NOTHING, body, uploadBytes } = spec;
  return (request) => {
    if (request.url.includes('%')) refuseUnreadable(request.url);
    const isUpload = uploadBytes !== undefined;
    const isRead = !isUpload && !(request.body instanceof YamlBody);
    if (isRead && request.body !== undefined && request.body !== null) refuseUnstorable(request.body);
    const errors: InvalidValue[] = [];
    // The router takes `/tokens/` for `/tokens/:id` with an empty id.
    if (params && Object.values(request.params as object).includes('')) throw new ProblemException('route_not_found');
    if (params) request.params = parse(params, request.params, 'path parameter', errors);
    if (query !== NOTHING || request.url.includes('?')) {
      request.query = parse(query, request.query, 'query parameter', errors);
    }
    if (request.body instanceof CsvBody) {
      if (errors.length > 0) request.body.discard();
    } else if (request.body instanceof YamlBody) {
      // Read by the handler.
    } else if (body) request.body = parse(body, request.body ?? {}, 'field', errors);
    else if (!isNothing(request.body)) errors.push({ path: '', message: 'This endpoint takes no body.' });
    if (errors.length > 0) throw new ProblemException('validation_failed', { detail: summary(errors), errors });
  };
}

/** No body, or the `{}` that many clients send in its place. */
function isNothing(body: unknown): boolean {
  return body === undefined || NOTHING.safeParse(body).success;
}

function parse(schema: z.ZodType, value: unknown, kind: string, errors: InvalidValue[]): unknown {
  const result = schema.safeParse(value, { error: validationMessage });
  if (result.success) return result.data;
  for (const issue of tellable(result.error.issues)) {
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

function refuseUnreadable(url: string): void {
  if (url.includes('%00')) throw new ProblemException('invalid_character');
  try {
    decodeURIComponent(url);
  } catch (error) {
    throw new ProblemException('malformed_url', { cause: error });
  }
}

function refuseUnstorable(value: unknown, depth = 0): void {
  if (typeof value === 'string') {
    if (!isStorable(value)) throw new ProblemException('invalid_character');
  } else if (typeof value === 'object' && value !== null) {
    if (depth >= MAX_DEPTH) {
      throw new ProblemException('malformed_json', { detail: `The body is nested deeper than ${MAX_DEPTH} levels.` });
    }
    for (const [key, inner] of Object.entries(value)) {
      refuseUnstorable(key);
      refuseUnstorable(inner, depth + 1);
    }
  }
}
