import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { problemCatalogue } from '../../src/platform/http/problem-catalogue.js';
import { type Answer, askServer } from './http-lab.js';
import { ADMIN_TOKEN, type Product } from './product.js';

export type Json = Record<string, unknown>;

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  schema: Json;
}

interface Content {
  schema: Json;
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}

export interface Operation {
  operationId: string;
  tags: string[];
  summary: string;
  description: string;
  security: Json[];
  parameters: Parameter[];
  requestBody?: { content: Record<string, Content> };
  responses: Record<string, { description: string; headers?: Json; content?: Record<string, Content> }>;
}

export interface ApiDocument {
  openapi: string;
  info: Json;
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Json>; securitySchemes: Json };
}

/** An endpoint as the product's own document lists it. */
export interface WireEndpoint {
  method: string;
  /** With its parameters: `/api/v1/tokens/{id}`. */
  template: string;
  operation: Operation;
  /** Null: open to everybody. */
  role: 'viewer' | 'operator' | 'admin' | null;
}

export interface WireAsk {
  method?: string;
  headers?: Record<string, string>;
  body?: unknown;
  /** null sends none. */
  token?: string | null;
}

/** A running product, asked byte for byte: no redirects followed, no paths tidied, nothing decompressed. Streams are left at once. */
export class Wire {
  private constructor(
    readonly product: Product,
    readonly document: ApiDocument,
  ) {}

  static async of(product: Product): Promise<Wire> {
    const { body } = await askServer(product.port, '/docs-json');
    return new Wire(product, body as ApiDocument);
  }

  get endpoints(): WireEndpoint[] {
    return endpointsOf(this.document);
  }

  ask(path: string, { token = ADMIN_TOKEN, headers, ...rest }: WireAsk = {}): Promise<Answer> {
    const authorization: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
    return askServer(this.product.port, path, { ...rest, headers: { ...authorization, ...headers } });
  }

  /** A new token. */
  async make(role: string, more: Json = {}): Promise<{ id: string; token: string }> {
    const answer = await this.ask('/api/v1/tokens', { method: 'POST', body: { name: `test ${role}`, role, ...more } });
    expect(answer).toMatchObject({ status: 201 });
    return (answer.body as { data: { id: string; token: string } }).data;
  }
}

export function endpointsOf(document: ApiDocument): WireEndpoint[] {
  return Object.entries(document.paths).flatMap(([template, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      method: method.toUpperCase(),
      template,
      operation,
      role: (/Needs the role (\w+)/.exec(operation.description)?.[1] ?? null) as WireEndpoint['role'],
    })),
  );
}

/** It answers without end: there is a head to look at, and no body to wait for. */
export const isStream = ({ operation }: WireEndpoint): boolean =>
  'text/event-stream' in (operation.responses['200']?.content ?? {});

/** The schema of an answer's body; undefined where the document has none of this type. */
export function documentedSchema({ operation }: WireEndpoint, { status, headers }: Answer): Json | undefined {
  const [type = ''] = String(headers['content-type']).split(';');
  return operation.responses[status]?.content?.[type]?.schema;
}

/** What is refused before an endpoint is chosen or its declaration looked at: the document says it once for all. */
const OF_ALL = ['invalid_character', 'malformed_url', 'url_too_long', 'headers_too_large', 'route_not_found'];

/** That the document says of this endpoint that it may answer with this problem. */
export function expectDocumentedProblem({ method, template, operation }: WireEndpoint, answer: Answer): void {
  expectProblem(answer);
  const { code } = answer.body as { code: string };
  const examples = operation.responses[answer.status]?.content?.['application/problem+json']?.examples ?? {};
  const codes = [...Object.keys(examples), ...OF_ALL];
  expect([`${method} ${template}`, answer.body, codes.includes(code)]).toEqual([
    `${method} ${template}`,
    answer.body,
    true,
  ]);
}

const REQUIRED: Record<string, string> = { from: '2030-01-01T00:00:00Z', to: '2030-02-01T00:00:00Z' };

/** The query without which the endpoint refuses a request: `?from=…`, or nothing. */
export function requiredQuery({ operation }: WireEndpoint): string {
  const needed = operation.parameters.filter((one) => one.in === 'query' && one.required);
  return needed.map(({ name }, index) => `${index === 0 ? '?' : '&'}${name}=${REQUIRED[name] ?? 'x'}`).join('');
}

/** The body that the document shows; undefined where none is taken. A scan is one of this machine alone. */
export function exampleBody({ template, operation }: WireEndpoint): Json | undefined {
  const example = operation.requestBody?.content['application/json']?.example as Json | undefined;
  return template === '/api/v1/discovery' ? { ...example, cidr: '127.9.9.8/30' } : example;
}

/** An id that is of the right form wherever one is asked for, and names nothing. */
export const UNKNOWN_ID = '0b9c1f7e-5f0a-4c53-9d0e-3d1f6c3a2b10';

export const pathOf = ({ template }: WireEndpoint, id = UNKNOWN_ID): string => template.replace(/\{\w+\}/g, id);
export const nameOf = ({ method, template }: WireEndpoint): string => `${method} ${template}`;

/** That an answer is a problem as every problem has to be: complete, coded, without a word of the inside. */
export function expectProblem(answer: Answer, status?: number, code?: string): void {
  const { headers, body } = answer;
  const problem = body as Json;
  expect(headers['content-type']).toBe('application/problem+json; charset=utf-8');
  expect(problem).toMatchObject({
    type: `urn:swarmward:problem:${String(problem['code'])}`,
    title: expect.any(String),
    status: answer.status,
    detail: expect.stringMatching(/\S{3}/),
    code: expect.any(String),
    request_id: expect.stringMatching(/\S/),
  });
  expect(headers['x-request-id']).toBe(problem['request_id']);
  expect(headers['cache-control']).toBe('no-store');
  expect(Object.keys(problemCatalogue)).toContain(problem['code']);
  expect(JSON.stringify(body)).not.toMatch(/node_modules|\.[jt]s:\d|at \w+ \(|SELECT |api_tokens|ECONN/);
  if (code !== undefined) expect(problem['code']).toBe(code);
  if (status !== undefined) expect(answer.status).toBe(status);
}

const FORMATS = {
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/,
  email: /^[^@\s]+@[^@\s]+$/,
  uuid: /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i,
  uri: URL.canParse,
};

/** Checks values against the schemas of a document. */
export class SchemaCheck {
  private readonly ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
  private readonly compiled = new Map<string, ValidateFunction>();

  constructor(document: ApiDocument) {
    for (const [name, format] of Object.entries(FORMATS)) this.ajv.addFormat(name, format);
    this.ajv.addSchema({ $id: 'document', $defs: document.components.schemas });
  }

  /** What is wrong with the value; empty when it fits. */
  errors(schema: Json, value: unknown): string[] {
    const text = JSON.stringify(schema).replaceAll('#/components/schemas/', 'document#/$defs/');
    const known = this.compiled.get(text);
    const validate = known ?? this.ajv.compile(JSON.parse(text) as Json);
    this.compiled.set(text, validate);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  }
}
