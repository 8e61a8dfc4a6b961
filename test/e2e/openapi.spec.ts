import { readFileSync } from 'node:fs';
import { Product } from '../support/product.js';
import { type ApiDocument, endpointsOf, nameOf, SchemaCheck, Wire } from '../support/wire.js';

const committed = JSON.parse(readFileSync('openapi.json', 'utf8')) as ApiDocument;

describe('openapi.json', () => {
  let served: ApiDocument;
  beforeAll(async () => {
    const product = await Product.start();
    try {
      served = (await Wire.of(product)).document;
    } finally {
      await product.stop();
    }
  }, 90_000);

  it('is what the product serves', () => {
    if (JSON.stringify(committed) === JSON.stringify(served)) return;
    // Shows the difference; the hint comes last, where it is seen.
    expect({ ...committed, hint: 'run `npm run openapi`, look at the difference and commit it' }).toEqual(served);
  });
});

describe.each(endpointsOf(committed).map((endpoint) => [nameOf(endpoint), endpoint] as const))(
  'the documentation of %s',
  (_name, { operation, role }) => {
    const check = new SchemaCheck(committed);

    it('says what it does and who may call it', () => {
      expect(operation.summary).toMatch(/^[A-Z].{5,}/);
      expect(operation.operationId).toMatch(/^[a-z_0-9]+$/);
      expect(operation.tags).toHaveLength(1);
      expect(operation.security).toEqual(role === null ? [] : [{ bearer: [] }]);
    });

    it('lists the answers, each with an example that fits its schema', () => {
      const statuses = Object.keys(operation.responses);
      const expected = ['400', '500', ...(role === null ? [] : ['401', '403', '429', '503'])];
      expect(statuses).toEqual(expect.arrayContaining(expected));
      expect(statuses.filter((status) => status.startsWith('2'))).toHaveLength(1);
      for (const [status, { description, content = {} }] of Object.entries(operation.responses)) {
        expect(description).toBeTruthy();
        const types = Object.keys(content);
        expect([status, types.length > 0]).toEqual([status, !['204', '304'].includes(status)]);
        expect(types.length).toBeLessThan(status.startsWith('2') ? 3 : 2);
        for (const { schema, example, examples } of Object.values(content)) {
          const values = examples ? Object.values(examples).map(({ value }) => value) : [example];
          expect(values.length).toBeGreaterThan(0);
          for (const value of values) expect([status, value, check.errors(schema, value)]).toEqual([status, value, []]);
        }
      }
    });

    it('has an example of the body it takes', () => {
      for (const { schema, example } of Object.values(operation.requestBody?.content ?? {})) {
        expect(check.errors(schema, example)).toEqual([]);
      }
    });

    it('describes every parameter of its own', () => {
      for (const parameter of operation.parameters) {
        expect(parameter).toMatchObject({ name: expect.any(String) });
        expect(() => check.errors(parameter.schema, 'x')).not.toThrow();
        const required = { path: [true], query: [true, false], header: [false] }[parameter.in];
        expect(required).toContain(parameter.required);
      }
    });
  },
);

describe('the document', () => {
  it('is OpenAPI 3.1', () => expect(committed.openapi).toBe('3.1.0'));

  it('has operation ids that are unique', () => {
    const ids = endpointsOf(committed).map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has no reference that leads nowhere, and no tag without a heading', () => {
    const references = [...JSON.stringify(committed).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path!);
    expect(references.length).toBeGreaterThan(0);
    for (const path of new Set(references)) expect(committed).toHaveProperty(path.split('/'));
    const tags = endpointsOf(committed).flatMap(({ operation }) => operation.tags);
    expect(new Set(committed.tags.map(({ name }) => name))).toEqual(new Set(tags));
  });

  it('names the path parameters that its paths have', () => {
    for (const { template, operation } of endpointsOf(committed)) {
      const inPath = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(operation.parameters.filter((one) => one.in === 'path').map(({ name }) => name)).toEqual(inPath);
    }
  });
});
