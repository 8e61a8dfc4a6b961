import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { eventually } from '../support/eventually.js';
import { type FakeEngine, startFakeEngine } from '../support/fake-engine.js';
import { databaseUrl, Product } from '../support/product.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { describeWith } from '../support/requires.js';
import { redisMissing, RedisServer } from '../support/redis.js';

jest.setTimeout(120_000);

/** In the fake engine's service and task specs and in channels; in what its `/swarm` would answer; a key in which `-` may not be. */
const PLANTED = ['swarmward-planted-secret', 'SWMTKN-', 'plantedIntegrationKey00000000001'] as const;
const [SECRET, , ROUTING_KEY] = PLANTED;
/** Nobody answers there. */
const NOBODY = 'http://127.0.0.1:9';
const HOOK = { url: `${NOBODY}/${SECRET}` };
const CHANNELS = {
  webhook: { url: `${NOBODY}/`, secret: SECRET, headers: { Authorization: `Bearer ${SECRET}` } },
  email: { host: '127.0.0.1', port: 9, user: 'ops', password: SECRET, from: 'a@example.org', to: ['b@example.org'] },
  slack: HOOK,
  discord: HOOK,
  teams: HOOK,
  telegram: { bot_token: `123456:${SECRET}`, chat_id: '@ops', base_url: NOBODY },
  pagerduty: { routing_key: ROUTING_KEY, base_url: NOBODY },
};

describeWith(
  'environment values and join tokens that Docker knows, and what channels are reached with',
  redisMissing(),
  () => {
    let engine: FakeEngine;
    let postgres: TestPostgres;
    let redis: RedisServer;
    let product: Product;
    let database: Client;

    beforeAll(async () => {
      engine = await startFakeEngine({ nodes: 2, services: 2, tasks: 8 });
      [postgres, redis] = await Promise.all([startTestPostgres(), RedisServer.create()]);
      const connection = await postgres.createEmptyDatabase();
      product = await Product.start({
        env: {
          DATABASE_URL: databaseUrl(connection),
          REDIS_URL: redis.url,
          DOCKER_HOST: engine.dockerHost,
          SWARMWARD_SWARM_REFRESH_SECONDS: '1',
          SWARMWARD_SECRETS_KEY: randomBytes(32).toString('base64'),
          SWARMWARD_HEARTBEAT_URL: HOOK.url,
          SWARMWARD_HEARTBEAT_SECONDS: '1',
          VICTORIAMETRICS_URL: `http://reader:${SECRET}@127.0.0.1:9`,
          LOG_LEVEL: 'trace',
        },
      });
      database = new Client({ ...connection });
      await database.connect();
      await eventually(async () => {
        const { data } = await product.json<{ data: { total_nodes: number } }>('/api/v1/status/swarm');
        expect(data.total_nodes).toBe(2);
      });
      await sendByEveryChannel();
    }, 120_000);
    afterAll(async () => {
      await product?.stop();
      await database?.end();
      await Promise.all([engine?.close(), postgres?.stop(), redis?.stop()]);
    });

    const post = async (path: string, body?: object) => {
      const init = { ...(body && { body: JSON.stringify(body) }), headers: { 'content-type': 'application/json' } };
      const answer = await product.fetch(`/api/v1${path}`, { method: 'POST', ...(body ? init : {}) });
      const { data } = (await answer.json()) as { data: Record<string, string> };
      expect([path, answer.ok, data]).toEqual([path, true, expect.any(Object)]);
      return data;
    };
    /** In vain: what fails is written about most. */
    const sendByEveryChannel = async () => {
      for (const [kind, config] of Object.entries(CHANNELS)) {
        const { id } = await post('/channels', { name: kind, kind, config });
        await post(`/channels/${id}/test`);
      }
      await eventually(
        async () => {
          const { data } = await product.json<{ data: { last_error: string | null }[] }>('/api/v1/deliveries');
          const errors = Object.keys(CHANNELS).map(() => expect.stringMatching(/refused|connect/i));
          expect(data.map((one) => one.last_error)).toEqual(errors);
        },
        { timeoutMs: 60_000 },
      );
      await eventually(() => expect(product.output).toMatch(/heartbeat/i));
    };

    const expectClean = (where: string, text: string): void => {
      for (const secret of PLANTED) expect(`${where}: ${text.includes(secret)}`).toBe(`${where}: false`);
    };

    it('are really planted', async () => {
      const socketPath = engine.dockerHost.replace('unix://', '');
      const { request } = await import('node:http');
      const body = await new Promise<string>((resolve, reject) => {
        let text = '';
        request({ socketPath, path: '/tasks' }, (response) => {
          response.on('data', (chunk: Buffer) => (text += chunk.toString())).on('end', () => resolve(text));
        })
          .on('error', reject)
          .end();
      });
      expect(body).toContain(PLANTED[0]);
    });

    it.each(['', '/nodes', '/services', '/tasks', '/problems', '/cache'])(
      'are not in the answer of /status/swarm%s',
      async (path) => {
        const response = await product.fetch(`/api/v1/status/swarm${path}`);
        expect(response.status).toBe(200);
        expectClean(path, await response.text());
      },
    );

    it.each(['/audit', '/health', '/alert-rules/export', '/alerts'])('are not in the answer of %s', async (path) => {
      const response = await product.fetch(`/api/v1${path}`);
      expect(response.status).toBe(200);
      expectClean(path, await response.text());
    });

    it.each(['/channels', '/deliveries'])('are not in %s, nor in one of them, for admins neither', async (path) => {
      const text = await (await product.fetch(`/api/v1${path}`)).text();
      expectClean(path, text);
      const { data } = JSON.parse(text) as { data: { id: string }[] };
      expect(data).toHaveLength(Object.keys(CHANNELS).length);
      for (const { id } of data) expectClean(id, await (await product.fetch(`/api/v1${path}/${id}`)).text());
    });

    it('are in no table, job or stored picture', async () => {
      const { rows } = await database.query<{ table: string }>(
        `SELECT format('%I.%I', table_schema, table_name) AS table FROM information_schema.tables
        WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'`,
      );
      expect(rows.length).toBeGreaterThan(5);
      for (const { table } of rows) {
        const { rows: contents } = await database.query<{ text: string | null }>(
          `SELECT string_agg(t::text, ' ') AS text FROM ${table} t`,
        );
        expectClean(table, contents[0]?.text ?? '');
      }
      const { rows: pictures } = await database.query<{ picture: Buffer }>('SELECT picture FROM swarm_state');
      const { gunzipSync } = await import('node:zlib');
      const picture = gunzipSync(pictures[0]!.picture).toString();
      expect(picture).toContain('"nodes"');
      expectClean('picture', picture);
    });

    it('are in no cache', async () => {
      const { Redis } = await import('ioredis');
      const { gunzipSync } = await import('node:zlib');
      const client = new Redis(redis.url);
      try {
        const keys = await client.keys('*');
        expect(keys.some((key) => key.endsWith('docker_swarm_status'))).toBe(true);
        for (const key of keys) {
          const text = (await client.get(key).catch(() => '')) ?? '';
          expectClean(key, text);
          const encoded = /"encoded":"([^"]+)"/.exec(text)?.[1];
          if (encoded) expectClean(`${key} decoded`, gunzipSync(Buffer.from(encoded, 'base64')).toString());
        }
      } finally {
        client.disconnect();
      }
    });

    it('are in no log line, and neither is a token or a password', () => {
      expect(product.output.length).toBeGreaterThan(100);
      expectClean('log', product.output);
      expect(product.output).not.toContain('an-admin-token-for-tests-only');
      expect(product.output).not.toMatch(/postgres:\/\/[^:]+:(?!\[redacted\])[^@]+@/);
    });
  },
);
