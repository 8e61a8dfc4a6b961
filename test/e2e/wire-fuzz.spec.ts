import { type FakeEngine, startFakeEngine } from '../support/fake-engine.js';
import { Product } from '../support/product.js';
import { serviceId } from '../support/fake-engine-payloads.js';
import {
  documentedSchema,
  exampleBody,
  expectDocumentedProblem,
  isStream,
  type Json,
  nameOf,
  pathOf,
  requiredQuery,
  SchemaCheck,
  Wire,
  type WireEndpoint,
} from '../support/wire.js';
import { makeInventory, type WireInventory } from '../support/wire-inventory.js';

jest.setTimeout(120_000);

// prettier-ignore
const NASTY = [
  '', ' ', '0', '-0', '1', '-1', '1e309', '0x10', '1_000', 'null', 'undefined', 'true', 'NaN', '[object Object]',
  '__proto__', 'constructor', 'toString', 'hasOwnProperty', '../../../etc/passwd', '..\\..\\', '%2e%2e%2f', '%25', '%0d%0aSet-Cookie: a=b',
  "' OR '1'='1", '"; DROP TABLE users; --', '$1', '?', '${7*7}', '{{7*7}}', '<script>alert(1)</script>', '$(id)', '`id`', '|id', 'javascript:',
  '\u0000', '\u0001\u001f\u007f', '\u202e\u200b\ufeff', '\uffff', '\u{1f4a9}'.repeat(20), 'e\u0301'.repeat(50), 'ﷺ'.repeat(80), 'İıſK', 'a'.repeat(199),
  'a'.repeat(201), 'a,'.repeat(300), '.'.repeat(500), '-', '--', '-name', 'id,', ',id', 'id,,id', 'labels.zone.x', 'failures.at,failures', '(a+)+$',
  '2026-11-21T00:00:00Z', '2026-11-21T00:00:00+23:59', '0001-01-01T00:00:00Z', '275760-09-13T00:00:00Z', '2026-02-29T00:00:00Z', 'infinity', '-infinity', 'now', 'epoch',
  'W10', 'e30', 'bnVsbA', 'W251bGwsbnVsbCxudWxsXQ', Buffer.from('[1,"",null,""]').toString('base64url'), '[]', '{}', '[[[[[[[[',
];

/** The least that each kind of channel needs. */
const CONFIGS: Record<string, Json> = {
  webhook: { url: 'http://127.0.0.1:9/' },
  email: { host: '127.0.0.1', from: 'alerts@example.org', to: ['ops@example.org'] },
  slack: { url: 'http://127.0.0.1:9/' },
  discord: { url: 'http://127.0.0.1:9/' },
  telegram: { bot_token: '123456:a-token-of-nobody-at-all', chat_id: '@ops' },
  teams: { url: 'http://127.0.0.1:9/' },
  pagerduty: { routing_key: '0123456789abcdef0123456789abcdef' },
};

/** The same numbers in every run: Park and Miller's generator. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

/** Every fourth value, another four the next time: all of them within four parameters. */
function sample<T>(values: readonly T[], round: number): T[] {
  return values.filter((_, index) => (index + round) % 4 === 0);
}

/** Text of any kind: whole code points, some of them rare. */
function randomText(next: (below: number) => number): string {
  const ranges = [0x20, 0x80, 0x250, 0x3000, 0xd7ff, 0x1_0000, 0x10_ffff];
  return Array.from({ length: next(40) }, () => {
    const point = next(ranges[next(ranges.length)]!);
    return String.fromCodePoint(point >= 0xd800 && point <= 0xdfff ? point - 0x800 : point);
  }).join('');
}

describe('nasty values', () => {
  let engine: FakeEngine;
  let product: Product;
  let wire: Wire;
  let check: SchemaCheck;
  let inventory: WireInventory;
  const next = numbers(20_261_121);
  const post = (path: string): WireEndpoint =>
    wire.endpoints.find(({ method, template }) => method === 'POST' && template === `/api/v1${path}`)!;
  const values = [...NASTY, ...Array.from({ length: 150 }, () => randomText(next))];
  const odd = [null, 0, -1, 1.5, 1e308, true, [], {}, [[]], { name: { name: 1 } }, ...values];
  beforeAll(async () => {
    engine = await startFakeEngine();
    const env = { DOCKER_HOST: engine.dockerHost, SWARMWARD_RATE_LIMIT_PER_MINUTE: '1000000' };
    product = await Product.start({ env });
    wire = await Wire.of(product);
    check = new SchemaCheck(wire.document);
    inventory = await makeInventory(wire, { '/api/v1/status/swarm/services/': serviceId(0) });
  }, 120_000);
  afterAll(async () => {
    await product?.stop();
    await engine?.close();
  });
  afterEach(() => expect(product.lines.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]));

  /** A real object, asked with one parameter besides those it cannot do without. */
  function withParameter(endpoint: WireEndpoint, parameter = ''): string {
    const needed = requiredQuery(endpoint);
    const others = needed.slice(1).split('&').filter((part) => part !== '' && part.split('=')[0] !== parameter.split('=')[0]); // prettier-ignore
    const query = [...others, ...(parameter ? [parameter] : [])].join('&');
    return `${pathOf(endpoint, inventory.idFor(endpoint))}${query ? `?${query}` : ''}`;
  }

  /** Either the documented answer or a problem, and never one of ours. */
  async function expectSense(
    endpoint: WireEndpoint,
    path: string,
    value: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<void> {
    const { method, operation } = endpoint;
    const answer = await wire.ask(path, { method, headers, ...(body !== undefined && { body }) });
    const which = [nameOf(endpoint), path, value, body];
    expect([which, answer.status < 500]).toEqual([which, true]);
    if (answer.status >= 400) return expectDocumentedProblem(endpoint, answer);
    const documented = operation.responses[answer.status];
    expect([which, answer.status, documented]).toEqual([which, answer.status, expect.any(Object)]);
    // `fields` leaves out what the schema requires, on purpose.
    if (!documented?.content || isStream(endpoint) || path.includes('fields=')) return;
    const schema = documentedSchema(endpoint, answer);
    expect([which, answer.headers['content-type'], schema]).toEqual([which, expect.any(String), expect.any(Object)]);
    expect([which, check.errors(schema!, answer.body)]).toEqual([which, []]);
  }

  it('are answered with sense in every parameter of every endpoint', async () => {
    let asked = 0;
    for (const endpoint of wire.endpoints) {
      for (const parameter of endpoint.operation.parameters.filter((one) => one.in !== 'header')) {
        for (const value of sample(values, asked)) {
          const text = encodeURIComponent(value);
          const path =
            parameter.in === 'path'
              ? `${pathOf(endpoint, text)}${requiredQuery(endpoint)}`
              : withParameter(endpoint, `${parameter.name}=${text}`);
          await expectSense(endpoint, path, value, exampleBody(endpoint));
          asked++;
        }
      }
    }
    expect(asked).toBeGreaterThan(10_000);
  }, 240_000);

  it('are answered with sense in every field of every body, and as field names', async () => {
    let asked = 0;
    for (const endpoint of wire.endpoints.filter(({ operation }) => operation.requestBody)) {
      const { schema } = endpoint.operation.requestBody!.content['application/json']!;
      const example = exampleBody(endpoint);
      const path = pathOf(endpoint, inventory.idFor(endpoint));
      for (const name of Object.keys(schema['properties'] as object)) {
        for (const value of sample(odd, asked++)) {
          await expectSense(endpoint, path, String(value), { ...example, [name]: value });
        }
      }
      for (const name of sample(values, asked++)) {
        await expectSense(endpoint, path, name, { ...example, [name]: 1 });
      }
    }
  }, 240_000);

  it('are answered with sense in every field of the configuration of every kind of channel', async () => {
    const endpoint = post('/channels');
    const { schema } = endpoint.operation.requestBody!.content['application/json']!;
    const { anyOf } = (schema['properties'] as { config: { anyOf: { title: string; properties: Json }[] } }).config;
    expect(anyOf.map(({ title }) => title)).toEqual(Object.keys(CONFIGS));
    let asked = 0;
    for (const { title: kind, properties } of anyOf) {
      for (const name of [...Object.keys(properties), 'nonsense']) {
        for (const value of sample(odd, asked++)) {
          const config = { ...CONFIGS[kind], [name]: value };
          const body = { name: `${kind} ${asked}`, kind, config, enabled: false };
          await expectSense(endpoint, endpoint.template, String(value), body);
        }
      }
    }
  }, 120_000);

  it('are answered with sense in every part of a condition, and as a file of rules', async () => {
    const comparison = { metric: 'icmp.loss_percent', agg: 'avg', window_seconds: 300, op: '>', value: 20 };
    const [make, validate, load] = [post('/alert-rules'), post('/alert-rules/validate'), post('/alert-rules/import')];
    let asked = 0;
    for (const name of [...Object.keys(comparison), 'all', 'any', 'not', 'nonsense']) {
      for (const value of sample(odd, asked++)) {
        for (const condition of [{ ...comparison, [name]: value }, { all: [{ not: { [name]: value } }] }]) {
          const body = { name: `condition ${asked}`, enabled: false, condition };
          for (const endpoint of [make, validate]) await expectSense(endpoint, endpoint.template, String(value), body);
        }
      }
    }
    const yaml = { 'content-type': 'application/yaml' };
    for (const value of values) {
      for (const text of [value, `rules:\n  - ${value}`, `rules:\n  - name: x\n    expression: ${value}\n`]) {
        await expectSense(load, `${load.template}?dry_run=true`, value, text, yaml);
      }
    }
  }, 120_000);

  it('are answered with sense in headers', async () => {
    const sendable = values.filter((text) => /^[\x21-\x7e][\x20-\x7e]*$/.test(text));
    let asked = 0;
    for (const endpoint of wire.endpoints.filter(({ method }) => method === 'GET')) {
      for (const value of sample(sendable, asked++)) {
        const headers = {
          'if-none-match': value,
          'accept-encoding': value,
          accept: value,
          'x-request-id': value,
          'x-forwarded-for': value,
          range: value,
        };
        const answer = await wire.ask(withParameter(endpoint), { headers });
        const fine = [200, 304, 404].includes(answer.status);
        expect([nameOf(endpoint), value, answer.status, fine]).toEqual([nameOf(endpoint), value, answer.status, true]);
      }
    }
  }, 120_000);

  it('left no trace: the product is as it was', async () => {
    expect(await wire.ask('/api/v1/health')).toMatchObject({ status: 200 });
    const made = (await wire.ask('/api/v1/tokens?limit=500')).body as { data: { name: string; role: string }[] };
    expect(new Set(made.data.map(({ role }) => role))).toEqual(new Set(['admin', 'viewer']));
    expect(product.child.exitCode).toBeNull();
  });
});
