import { createToken } from '../../src/platform/security/first-admin-token.store.js';
import { HOUR_MS, later, securityLabs } from '../support/security-lab.js';

describe('security', () => {
  const start = securityLabs();

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
      const expiresAt = new Date(Date.now() + 60_000);
      const token = await createToken(lab.database, { name: 'short', role: 'viewer', expiresAt });
      expect(await lab.as(token, '/api/v1/probe')).toMatchObject({ status: 200 });
      later(60_001);
      expect(await lab.as(token, '/api/v1/probe')).toMatchObject({ status: 401, body: { code: 'token_invalid' } });
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
});
