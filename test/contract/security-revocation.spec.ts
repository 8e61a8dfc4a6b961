import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../src/platform/database/embedded/embedded-postgres.driver.js';
import { TokenAuthenticator } from '../../src/platform/security/token-authenticator.service.js';
import { eventually } from '../support/eventually.js';
import { query, RecordedLog, startTestPostgres } from '../support/postgres.js';
import { dataOf, HOUR_MS, later, securityLabs } from '../support/security-lab.js';

describe('security', () => {
  const start = securityLabs();

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
        expect(performance.now() - asked).toBeLessThan(5_000);
        await manager.query('UPDATE api_tokens SET revoked_at = now()');
      });
      const authenticator = lab.app.get(TokenAuthenticator, { strict: false });
      await eventually(() => expect(authenticator.recall(viewer)).toBe('refused'));
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
