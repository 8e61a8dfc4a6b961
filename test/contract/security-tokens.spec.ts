import { readSettings } from '../../src/platform/config/read-settings.js';
import { ensureFirstAdminToken } from '../../src/platform/security/first-admin-token.store.js';
import { TokenAuthenticator } from '../../src/platform/security/token-authenticator.service.js';
import { query } from '../support/postgres.js';
import { dataOf, HOUR_MS, later, securityLabs } from '../support/security-lab.js';

describe('security', () => {
  const start = securityLabs();

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
      expect(row!.last_used_at.getTime()).toBeGreaterThan(Date.now() - 60_000);
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
});
