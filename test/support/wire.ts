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
  responses: Record<string, { description: string; content?: Record<string, Content> }>;
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

/** A running product, asked byte for byte: no redirects followed, no paths tidied, nothing decompressed. */
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
