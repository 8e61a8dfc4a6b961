import { Controller, Get, Module, type DynamicModule, Post } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { ConfigModule } from '../../src/platform/config/config.module.js';
import { readSettings } from '../../src/platform/config/read-settings.js';
import type { DatabaseConnection } from '../../src/platform/database/connection.js';
import { DatabaseModule } from '../../src/platform/database/database.module.js';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../src/platform/database/embedded/embedded-postgres.driver.js';
import { ApiEndpoint } from '../../src/platform/http/endpoint.decorator.js';
import { envelope } from '../../src/platform/http/envelope.js';
import { createToken, ensureFirstAdminToken } from '../../src/platform/security/first-admin-token.store.js';
import { SecurityApiModule } from '../../src/platform/security/security.api.module.js';
import { SecurityModule } from '../../src/platform/security/security.module.js';
import { TokenAuthenticator } from '../../src/platform/security/token-authenticator.service.js';
import { eventually } from '../support/eventually.js';
import { type Answer, type HttpLab, startHttpLab } from '../support/http-lab.js';
import { query, RecordedLog, startTestPostgres, type TestPostgres } from '../support/postgres.js';

// Real: PostgreSQL, Nest, Fastify, sockets. Nothing is replaced but, in one place, the clocks.
const common = { tag: 'Probe', summary: 'Probe', response: z.strictObject({}) } as const;

@Controller('api/v1/probe')
class ProbeController {
  @Get()
  @ApiEndpoint({ ...common, role: 'viewer', query: z.strictObject({ n: z.coerce.number().optional() }) })
  read() {
    return envelope({});
  }

  @Post()
  @ApiEndpoint({ ...common, role: 'operator' })
  act() {
    return envelope({});
  }

  @Post('configure')
  @ApiEndpoint({ ...common, role: 'admin' })
  configure() {
    return envelope({});
  }

  @Get('open')
  @ApiEndpoint({ ...common, role: 'public' })
  open() {
    return envelope({});
  }
}

@Module({ imports: [SecurityModule], controllers: [ProbeController] })
class ProbeModule {}

@Module({})
class TestModule {
  static over(connection: DatabaseConnection, env: Record<string, string>): DynamicModule {
    const imports = [
      ConfigModule.forRoot(readSettings({ SWARMWARD_DATABASE_POOL_TIMEOUT_MS: '500', ...env })),
      DatabaseModule.forRoot(connection),
      SecurityApiModule,
      ProbeModule,
    ];
    return { module: TestModule, imports };
  }
}

interface Lab extends HttpLab {
  database: DataSource;
  connection: DatabaseConnection;
  as(token: string | undefined, path: string, ask?: Parameters<HttpLab['ask']>[1]): Promise<Answer>;
  make(role: 'viewer' | 'operator' | 'admin', name?: string): Promise<string>;
}

describe('security', () => {
  let postgres: TestPostgres;
  const labs: Lab[] = [];
  beforeAll(async () => {
    postgres = await startTestPostgres();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await Promise.all(labs.splice(0).map((lab) => lab.close()));
  });
  afterAll(() => postgres.stop());

  async function start(env: Record<string, string> = {}, connection?: DatabaseConnection): Promise<Lab> {
    const target = connection ?? (await postgres.createDatabase());
    const http = await startHttpLab(TestModule.over(target, env), { trustProxy: true });
    const database = http.app.get<DataSource>(getDataSourceToken(), { strict: false });
    const lab: Lab = {
      ...http,
      database,
      connection: target,
      as: (token, path, ask = {}) =>
        http.ask(path, { ...ask, headers: { ...(token && { authorization: `Bearer ${token}` }), ...ask.headers } }),
      make: (role, name = role) => createToken(database, { name, role }),
    };
    labs.push(lab);
    return lab;
  }
  /** Lets time pass on both clocks, and sets the system's back meanwhile. */
  const later = (milliseconds: number, setBackMs = 0) => {
    jest.restoreAllMocks();
    const [date, monotonic] = [Date.now.bind(Date), performance.now.bind(performance)];
    jest.spyOn(Date, 'now').mockImplementation(() => date() + milliseconds - setBackMs);
    jest.spyOn(performance, 'now').mockImplementation(() => monotonic() + milliseconds);
  };
  const HOUR_MS = 3_600_000;
  const dataOf = <T = Record<string, unknown>>(answer: Answer) => (answer.body as { data: T }).data;

  describe('access', () => {
    it('is closed without a token on every route that is not declared public', async () => {
      const lab = await start();
      const closed = [
        ['GET', '/api/v1/probe'],
        ['HEAD', '/api/v1/probe'],
        ['POST', '/api/v1/probe'],
        ['POST', '/api/v1/probe/configure'],
        ['GET', '/api/v1/tokens'],
        ['POST', '/api/v1/tokens'],
        ['GET', '/api/v1/tokens/0b9c1f7e-5f0a-4c53-9d0e-3d1f6c3a2b10'],
        ['DELETE', '/api/v1/tokens/0b9c1f7e-5f0a-4c53-9d0e-3d1f6c3a2b10'],
        ['GET', '/api/v1/audit'],
      ] as const;
      for (const [method, path] of closed) {
        const answer = await lab.ask(path, { method });
        expect([method, path, answer.status]).toEqual([method, path, 401]);
        expect(answer.headers['www-authenticate']).toBe('Bearer realm="swarmward"');
      }
      expect(await lab.ask('/api/v1/probe/open')).toMatchObject({ status: 200 });
      expect(await lab.ask('/docs')).toMatchObject({ status: 200 });
    });

    it.each([
      ['no scheme', 'abc', 'token_malformed'],
      ['another scheme', 'Basic YTpi', 'token_malformed'],
      ['two tokens', 'Bearer a b', 'token_malformed'],
      ['no token', 'Bearer ', 'token_malformed'],
      ['an unknown token', 'Bearer swd_wrong', 'token_invalid'],
      ['SQL', "Bearer '; DROP TABLE api_tokens; --", 'token_malformed'],
    ])('is refused with %s', async (_, authorization, code) => {
      const lab = await start();
      const answer = await lab.ask('/api/v1/probe', { headers: { authorization } });
      expect(answer).toMatchObject({ status: 401, body: { code } });
      expect(answer.headers['www-authenticate']).toMatch(
        /^Bearer realm="swarmward", error="invalid_(?:token|request)"$/,
      );
    });

    it('follows the roles', async () => {
      const lab = await start();
      const [viewer, operator, admin] = [await lab.make('viewer'), await lab.make('operator'), await lab.make('admin')];
      const statuses = async (token: string) => [
        (await lab.as(token, '/api/v1/probe')).status,
        (await lab.as(token, '/api/v1/probe', { method: 'POST' })).status,
        (await lab.as(token, '/api/v1/probe/configure', { method: 'POST' })).status,
      ];
      expect(await statuses(viewer)).toEqual([200, 403, 403]);
      expect(await statuses(operator)).toEqual([200, 200, 403]);
      expect(await statuses(admin)).toEqual([200, 200, 200]);
      expect((await lab.as(viewer, '/api/v1/tokens')).body).toMatchObject({
        code: 'access_denied',
        detail: 'Access denied. Admin privileges required.',
      });
      expect((await lab.as(viewer, '/api/v1/probe', { method: 'POST' })).body).toMatchObject({
        detail: 'Access denied. Operator privileges required.',
      });
    });

    it('is judged before the body is read and before values are', async () => {
      const lab = await start();
      const viewer = await lab.make('viewer');
      expect(await lab.ask('/api/v1/tokens', { method: 'POST', body: '{' })).toMatchObject({ status: 401 });
      expect(await lab.ask('/api/v1/probe?n=x')).toMatchObject({ status: 401 });
      expect(await lab.as(viewer, '/api/v1/tokens', { method: 'POST', body: '{' })).toMatchObject({ status: 403 });
      expect(await lab.as(viewer, '/api/v1/probe?n=x')).toMatchObject({ status: 400 });
    });

    it('ends when a token expires, remembered or not', async () => {
      const lab = await start();
      const expiresAt = new Date(Date.now() + 5_000);
      const token = await createToken(lab.database, { name: 'short', role: 'viewer', expiresAt });
      expect(await lab.as(token, '/api/v1/probe')).toMatchObject({ status: 200 });
      later(5_001);
      expect(await lab.as(token, '/api/v1/probe')).toMatchObject({ status: 401, body: { code: 'token_invalid' } });
    });
  });

  describe('revocation', () => {
    it('is effective at once where it is asked for', async () => {
      const lab = await start();
      const [admin, viewer] = [await lab.make('admin'), await lab.make('viewer')];
      expect(await lab.as(viewer, '/api/v1/probe')).toMatchObject({ status: 200 });
      const [row] = dataOf<{ id: string }[]>(await lab.as(admin, '/api/v1/tokens?role=viewer'));
      expect(await lab.as(admin, `/api/v1/tokens/${row!.id}`, { method: 'DELETE' })).toMatchObject({
        status: 204,
        body: '',
      });
      expect(await lab.as(viewer, '/api/v1/probe')).toMatchObject({ status: 401 });
    });

    it('is effective in another process within 30 s', async () => {
      const lab = await start();
      const viewer = await lab.make('viewer');
      expect(await lab.as(viewer, '/api/v1/probe')).toMatchObject({ status: 200 });
      await query(lab.connection, `UPDATE api_tokens SET revoked_at = now()`);
      later(30_000);
      expect(await lab.as(viewer, '/api/v1/probe')).toMatchObject({ status: 401 });
    });

    it('is effective within 30 s also when the clock of the system is set back', async () => {
      const lab = await start();
      const viewer = await lab.make('viewer');
      expect(await lab.as(viewer, '/api/v1/probe')).toMatchObject({ status: 200 });
      await query(lab.connection, `UPDATE api_tokens SET revoked_at = now()`);
      later(30_000, HOUR_MS);
      expect(await lab.as(viewer, '/api/v1/probe')).toMatchObject({ status: 401 });
    });

    it('is not waited for by who was let in a while ago, but effective as soon as the database says so', async () => {
      const lab = await start();
      const [viewer, unseen] = [await lab.make('viewer'), await lab.make('viewer')];
      expect(await lab.as(viewer, '/api/v1/probe')).toMatchObject({ status: 200 });
      later(31_000);
      await lab.database.transaction(async (manager) => {
        await manager.query('LOCK TABLE api_tokens');
        const asked = performance.now();
        expect(await lab.as(viewer, '/api/v1/probe')).toMatchObject({ status: 200 });
        expect(performance.now() - asked).toBeLessThan(1_000);
        await manager.query('UPDATE api_tokens SET revoked_at = now()');
      });
      const authenticator = lab.app.get(TokenAuthenticator, { strict: false });
      await eventually(() => expect(authenticator.recall(viewer)).toBe('refused'), { timeoutMs: 1_000 });
      expect(await lab.as(viewer, '/api/v1/probe')).toMatchObject({ status: 401 });
      expect(await lab.as(unseen, '/api/v1/probe')).toMatchObject({ status: 401 });
    });

    it('leaves at least one admin', async () => {
      const lab = await start();
      const admin = await lab.make('admin');
      const [row] = dataOf<{ id: string }[]>(await lab.as(admin, '/api/v1/tokens'));
      const revoke = () => lab.as(admin, `/api/v1/tokens/${row!.id}`, { method: 'DELETE' });
      expect(await revoke()).toMatchObject({ status: 409, body: { code: 'last_admin_token' } });
      expect(await lab.as(admin, '/api/v1/probe')).toMatchObject({ status: 200 });
      await lab.make('admin', 'second');
      expect(await revoke()).toMatchObject({ status: 204 });
    });

    it('done twice changes nothing, and of an unknown token is a 404', async () => {
      const lab = await start();
      const admin = await lab.make('admin');
      await lab.make('viewer');
      const [row] = dataOf<{ id: string }[]>(await lab.as(admin, '/api/v1/tokens?role=viewer'));
      const revoke = (id: string) => lab.as(admin, `/api/v1/tokens/${id}`, { method: 'DELETE' });
      expect([(await revoke(row!.id)).status, (await revoke(row!.id)).status]).toEqual([204, 204]);
      const unknown = await revoke('0b9c1f7e-5f0a-4c53-9d0e-3d1f6c3a2b10');
      expect(unknown).toMatchObject({ status: 404, body: { code: 'token_not_found' } });
      expect(dataOf<object[]>(await lab.as(admin, '/api/v1/audit?action=token.revoked'))).toHaveLength(1);
    });
  });

  describe('tokens', () => {
    it('are shown once and kept as a hash', async () => {
      const lab = await start();
      const admin = await lab.make('admin');
      const made = await lab.as(admin, '/api/v1/tokens', {
        method: 'POST',
        body: { name: 'grafana', role: 'viewer', expires_at: '2999-01-01T00:00:00+02:00' },
      });
      expect(made).toMatchObject({ status: 201 });
      const { id, token } = dataOf<{ id: string; token: string }>(made);
      expect(token).toMatch(/^swd_[\w-]{43}$/);
      expect(dataOf(made)).toMatchObject({ name: 'grafana', role: 'viewer', expires_at: '2998-12-31T22:00:00.000Z' });
      expect(await lab.as(token, '/api/v1/probe')).toMatchObject({ status: 200 });

      const shown = await lab.as(admin, `/api/v1/tokens/${id}`);
      expect(dataOf(shown)).toMatchObject({ id, created_by: 'admin', revoked_at: null, last_used_at: null });
      const everything = [shown, await lab.as(admin, '/api/v1/tokens'), await lab.as(admin, '/api/v1/audit')];
      for (const answer of everything) expect(answer.raw.toString()).not.toMatch(/swd_|hash/);
      const rows = await query<Record<string, unknown>>(lab.connection, 'SELECT * FROM api_tokens');
      expect(JSON.stringify(rows)).not.toContain('swd_');
    });

    it.each([
      [{}, ['name', 'role']],
      [{ name: ' ', role: 'viewer' }, ['name']],
      [{ name: 'x'.repeat(101), role: 'viewer' }, ['name']],
      [{ name: 'x', role: 'root' }, ['role']],
      [{ name: 'x', role: 'viewer', expires_at: 'soon' }, ['expires_at']],
      [{ name: 'x', role: 'viewer', expires_at: '2001-01-01T00:00:00Z' }, ['expires_at']],
      [{ name: 'x', role: 'viewer', token: 'swd_mine' }, ['token']],
    ])('are not made of %j', async (body, paths) => {
      const lab = await start();
      const answer = await lab.as(await lab.make('admin'), '/api/v1/tokens', { method: 'POST', body });
      expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
      expect((answer.body as { errors: { path: string }[] }).errors.map(({ path }) => path)).toEqual(paths);
    });

    it('are listed page by page, filtered and trimmed', async () => {
      const lab = await start();
      const admin = await lab.make('admin');
      for (let index = 0; index < 9; index++) await lab.make('viewer', `Token ${index}`);
      const names: string[] = [];
      let cursor: string | null = '';
      do {
        const path: string = `/api/v1/tokens?limit=4&role=viewer&sort=-name&fields=name${cursor && `&cursor=${cursor}`}`;
        const { data, page } = (await lab.as(admin, path)).body as {
          data: { name: string }[];
          page: { next_cursor: string | null; total: number };
        };
        expect(page.total).toBe(9);
        expect(Object.keys(data[0]!)).toEqual(['name']);
        names.push(...data.map(({ name }) => name));
        cursor = page.next_cursor;
      } while (cursor);
      expect(names).toEqual(Array.from({ length: 9 }, (_, index) => `Token ${8 - index}`));
      const count = async (filter: string) =>
        ((await lab.as(admin, `/api/v1/tokens?${filter}`)).body as { page: { total: number } }).page.total;
      expect(await count('q=token%203')).toBe(1);
      expect(await count('q=%25')).toBe(0);
      expect(await count('state=revoked')).toBe(0);
      expect(await count('state=active')).toBe(10);
      for (const sort of ['created_at', 'last_used_at']) expect(await count(`sort=${sort}&limit=2`)).toBe(10);
    });

    it('refuse a forged cursor', async () => {
      const lab = await start();
      const admin = await lab.make('admin');
      await lab.make('viewer');
      const { page } = (await lab.as(admin, '/api/v1/tokens?limit=1')).body as { page: { next_cursor: string } };
      const parts = JSON.parse(Buffer.from(page.next_cursor, 'base64url').toString()) as unknown[];
      const forged = Buffer.from(JSON.stringify([parts[0], parts[1], "'; --", 'no uuid'])).toString('base64url');
      const answer = await lab.as(admin, `/api/v1/tokens?limit=1&cursor=${forged}`);
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_cursor' } });
    });

    it('remember when they were last used, written in batches', async () => {
      const lab = await start();
      const viewer = await lab.make('viewer');
      await lab.as(viewer, '/api/v1/probe');
      await lab.app.get(TokenAuthenticator, { strict: false }).writeUses();
      const [row] = await query<{ last_used_at: Date }>(lab.connection, 'SELECT last_used_at FROM api_tokens');
      expect(row!.last_used_at.getTime()).toBeGreaterThan(Date.now() - 10_000);
    });

    it('remember it also when the clock of the system is set back', async () => {
      const lab = await start();
      const viewer = await lab.make('viewer');
      const uses = () => query(lab.connection, 'SELECT last_used_at FROM api_tokens WHERE last_used_at IS NOT NULL');
      later(1_000, HOUR_MS);
      await lab.as(viewer, '/api/v1/probe');
      await lab.app.get(TokenAuthenticator, { strict: false }).writeUses();
      expect(await uses()).toHaveLength(1);
    });
  });

  describe('the first admin token', () => {
    it('is generated once, however many processes start at once', async () => {
      const lab = await start();
      const made = await Promise.all(
        Array.from({ length: 5 }, () => ensureFirstAdminToken(lab.database, readSettings({}))),
      );
      const [token, ...others] = made.filter(Boolean);
      expect(others).toEqual([]);
      expect(await lab.as(token, '/api/v1/tokens')).toMatchObject({ status: 200 });
      expect(await ensureFirstAdminToken(lab.database, readSettings({}))).toBeUndefined();
    });

    it('is the configured one, and dies when another is configured', async () => {
      const lab = await start();
      const configure = (token: string) =>
        ensureFirstAdminToken(lab.database, readSettings({ SWARMWARD_ADMIN_TOKEN: token }));
      const [first, second] = ['the-first-configured-token', 'the-second-configured-token'];
      expect(await configure(first)).toBeUndefined();
      await configure(first);
      expect(await lab.as(first, '/api/v1/tokens')).toMatchObject({ status: 200, body: { page: { total: 1 } } });
      await configure(second);
      later(31_000);
      expect(await lab.as(first, '/api/v1/probe')).toMatchObject({ status: 401 });
      expect(await lab.as(second, '/api/v1/probe')).toMatchObject({ status: 200 });
      await configure(first);
      later(62_000);
      expect(await lab.as(first, '/api/v1/probe')).toMatchObject({ status: 200 });
      expect(await lab.as(second, '/api/v1/probe')).toMatchObject({ status: 401 });
    });
  });

  describe('the audit log', () => {
    it('says who did what, from where, and with which request', async () => {
      const lab = await start();
      const admin = await lab.make('admin', 'Ada');
      const headers = { 'x-request-id': 'mine', 'x-forwarded-for': '203.0.113.9' };
      await lab.as(admin, '/api/v1/tokens', { method: 'POST', body: { name: 'x', role: 'viewer' }, headers });
      const [entry] = dataOf<object[]>(await lab.as(admin, '/api/v1/audit?actor=Ada'));
      expect(entry).toEqual({
        id: expect.any(String),
        at: expect.stringMatching(/Z$/),
        actor: 'Ada',
        actor_token_id: expect.any(String),
        action: 'token.created',
        subject_type: 'token',
        subject_id: expect.any(String),
        request_id: 'mine',
        remote_address: '203.0.113.9',
        before: null,
        after: { name: 'x', role: 'viewer', expires_at: null },
      });
    });

    it('is listed by the conventions of lists', async () => {
      const lab = await start();
      const admin = await lab.make('admin');
      for (let index = 0; index < 5; index++) await lab.make('viewer', `v${index}`);
      const ids: string[] = [];
      let cursor: string | null = '';
      do {
        const answer = await lab.as(admin, `/api/v1/audit?limit=2${cursor && `&cursor=${cursor}`}`);
        const { data, page } = answer.body as { data: { id: string }[]; page: { next_cursor: string | null } };
        ids.push(...data.map(({ id }) => id));
        cursor = page.next_cursor;
      } while (cursor);
      expect(ids.map(Number)).toEqual([6, 5, 4, 3, 2, 1]);
      const total = async (filter: string) =>
        ((await lab.as(admin, `/api/v1/audit?${filter}`)).body as { page: { total: number } }).page.total;
      expect(await total('from=2999-01-01T00:00:00Z')).toBe(0);
      expect(await total('to=2999-01-01T00:00:00Z&subject_type=token&action=token.created')).toBe(6);
      expect(await total('q=TOKEN.CREATED')).toBe(6);
      expect(await lab.as(admin, '/api/v1/audit?from=soon')).toMatchObject({ status: 400 });
      expect(await lab.as(admin, '/api/v1/audit?nope=1')).toMatchObject({ status: 400 });
    });
  });

  describe('limits', () => {
    const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });

    it('are counted per token', async () => {
      const lab = await start({ SWARMWARD_RATE_LIMIT_PER_MINUTE: '3' });
      const viewer = await lab.make('viewer');
      const statuses: number[] = [];
      for (let index = 0; index < 5; index++)
        statuses.push((await lab.as(viewer, '/api/v1/probe', from(`10.0.0.${index}`))).status);
      expect(statuses).toEqual([200, 200, 200, 429, 429]);
      const refused = await lab.as(viewer, '/api/v1/probe', from('10.0.0.99'));
      expect(refused.body).toMatchObject({ code: 'rate_limited' });
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(50);
      later(60_001, HOUR_MS);
      expect(await lab.as(viewer, '/api/v1/probe')).toMatchObject({ status: 200 });
    });

    it('are counted per address, whatever the token, but not for what is open', async () => {
      const lab = await start({ SWARMWARD_RATE_LIMIT_PER_MINUTE: '3' });
      const [one, other] = [await lab.make('viewer'), await lab.make('viewer')];
      for (const token of [one, other, one]) {
        expect(await lab.as(token, '/api/v1/probe', from('10.0.0.1'))).toMatchObject({ status: 200 });
      }
      expect(await lab.as(other, '/api/v1/probe', from('10.0.0.1'))).toMatchObject({ status: 429 });
      expect(await lab.as(other, '/api/v1/probe', from('10.0.0.2'))).toMatchObject({ status: 200 });
      expect(await lab.as(undefined, '/api/v1/probe/open', from('10.0.0.1'))).toMatchObject({ status: 200 });
    });

    it('stop those who guess tokens, without a query, and nobody who has one', async () => {
      const lab = await start();
      const viewer = await lab.make('viewer');
      expect(await lab.as(viewer, '/api/v1/probe')).toMatchObject({ status: 200 });
      const statuses: number[] = [];
      for (let index = 0; index < 12; index++)
        statuses.push((await lab.as(`swd_guess${index}`, '/api/v1/probe')).status);
      expect(statuses).toEqual([...Array<number>(10).fill(401), 429, 429]);
      const refused = await lab.as('swd_more', '/api/v1/probe');
      expect(refused).toMatchObject({ status: 429, body: { code: 'too_many_failed_logins' } });
      expect(refused.headers['retry-after']).toMatch(/^\d+$/);
      expect(await lab.as(viewer, '/api/v1/probe')).toMatchObject({ status: 200 });
      expect(await lab.as('swd_guess', '/api/v1/probe', from('10.0.0.2'))).toMatchObject({ status: 401 });
      // Nor does a client that polls too seldom for its token to be still trusted unasked.
      later(31_000);
      expect(await lab.as('swd_guess', '/api/v1/probe')).toMatchObject({ status: 429 });
      expect(await lab.as(viewer, '/api/v1/probe')).toMatchObject({ status: 200 });
    });

    it('stop those who try one wrong token for ever', async () => {
      const lab = await start();
      const statuses: number[] = [];
      for (let index = 0; index < 70; index++) statuses.push((await lab.as('swd_same', '/api/v1/probe')).status);
      expect(statuses.slice(0, 50)).toEqual(Array<number>(50).fill(401));
      expect(statuses.at(-1)).toBe(429);
    });
  });

  describe('without its database', () => {
    it('knows whom it has seen in the last 5 minutes, tells others to come back, and recovers', async () => {
      const mine = await startTestPostgres();
      let restarted: EmbeddedPostgres | undefined;
      try {
        const lab = await start({}, await mine.createDatabase());
        const [known, unseen] = [await lab.make('viewer', 'known'), await lab.make('viewer', 'unseen')];
        expect(await lab.as(known, '/api/v1/probe')).toMatchObject({ status: 200 });
        await mine.server.stop();
        later(31_000);
        expect(await lab.as(known, '/api/v1/probe')).toMatchObject({ status: 200 });
        const refused = await lab.as(unseen, '/api/v1/probe');
        expect(refused).toMatchObject({ status: 503, body: { code: 'database_unavailable' } });
        expect(refused.headers['retry-after']).toBe('2');
        expect(refused.raw.toString()).not.toMatch(/ECONN|ENOENT|socket|postgres/i);
        later(301_000);
        expect(await lab.as(known, '/api/v1/probe')).toMatchObject({ status: 503 });
        restarted = await startEmbeddedPostgres({ dataDir: mine.server.dataDir, log: new RecordedLog() });
        await eventually(async () => expect(await lab.as(unseen, '/api/v1/probe')).toMatchObject({ status: 200 }));
        expect(await lab.as(known, '/api/v1/probe')).toMatchObject({ status: 200 });
        await lab.close();
        labs.splice(labs.indexOf(lab), 1);
      } finally {
        await (restarted ?? mine.server).stop();
        await mine.stop();
      }
    });

    it('shares one query among requests with the same token', async () => {
      const lab = await start();
      const viewer = await lab.make('viewer');
      const authenticator = lab.app.get(TokenAuthenticator, { strict: false });
      const lookups = jest.spyOn(authenticator, 'verify');
      const asked = jest.spyOn(lab.database.manager, 'findOneBy');
      const answers = await Promise.all(Array.from({ length: 10 }, () => lab.as(viewer, '/api/v1/probe')));
      expect(answers.map(({ status }) => status)).toEqual(Array<number>(10).fill(200));
      expect(lookups.mock.calls.length).toBeGreaterThan(0);
      expect(asked.mock.calls.length).toBeLessThan(3);
      await eventually(() => expect(authenticator.recall(viewer)).toHaveProperty('caller.name', 'viewer'));
    });
  });
});
