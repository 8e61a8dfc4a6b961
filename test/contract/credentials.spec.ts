import { ItemsApiModule } from '../../src/devices/items/items.api.module.js';
import { CredentialVault } from '../../src/devices/items/credential-vault.store.js';
import { countStatements } from '../support/count-statements.js';
import { eventually } from '../support/eventually.js';
import type { InventoryLab } from '../support/inventory-lab.js';
import { eachWithSecrets, type Shown } from '../support/secrets-lab.js';

const COMMUNITY = 'planted-community';
const [AUTH_KEY, PRIV_KEY] = ['planted-auth-key', 'planted-priv-key'];
const v2c = { name: 'v2c', kind: 'snmp_v2c', community: COMMUNITY };
const v3 = {
  name: 'v3',
  kind: 'snmp_v3',
  user: 'operator',
  auth: { protocol: 'sha256', key: AUTH_KEY },
  priv: { protocol: 'aes', key: PRIV_KEY },
};

// Real: PostgreSQL, Nest, Fastify, sockets. Nothing is replaced.
describe('credentials', () => {
  let lab: InventoryLab;
  const { start } = eachWithSecrets(ItemsApiModule, (started) => (lab = started));

  const make = async (body: object): Promise<Shown> => (await lab.call<Shown>('POST', '/credentials', body)).data;
  const reveal = async (...ids: string[]) => lab.app.get(CredentialVault, { strict: false }).reveal(ids);

  it('go in and open for who speaks to devices, in one query', async () => {
    const [first, second] = [await make(v2c), await make(v3)];
    const { name: _, ...secret } = v3;
    expect(await reveal(first.id, second.id, first.id)).toEqual(
      new Map<string, unknown>([
        [first.id, { kind: 'snmp_v2c', community: COMMUNITY }],
        [second.id, secret],
      ]),
    );
    expect(await countStatements(lab.database, () => reveal(first.id, second.id))).toBe(1);
    expect(await reveal('0b9c1f7e-5f0a-4c53-9d0e-3d1f6c3a2b10')).toEqual(new Map());
  });

  it('show a user and protocols, nothing else', async () => {
    const { id, created_at: _c, updated_at: _u, ...shown } = await make(v3);
    expect(shown).toEqual({
      name: 'v3',
      kind: 'snmp_v3',
      user: 'operator',
      auth_protocol: 'sha256',
      priv_protocol: 'aes',
      device_count: 0,
    });
    expect((await lab.call('GET', `/credentials/${id}`)).data).toMatchObject(shown);
    await make(v2c);
    const { data } = await lab.call<Shown[]>('GET', '/credentials?kind=snmp_v2c');
    expect(data.map(({ name }) => name)).toEqual(['v2c']);
  });

  it('are nowhere in the answers, the log of requests, or any table', async () => {
    const [first, second] = [await make(v2c), await make(v3)];
    await lab.call('PATCH', `/credentials/${first.id}`, { community: `${COMMUNITY}-2` });
    await lab.call('PATCH', `/credentials/${second.id}`, { name: 'renamed' });
    await lab.call('POST', '/credentials', { ...v3, kind: 'snmp_v2c' });
    const answers = await Promise.all(
      ['/credentials', '/audit', `/credentials/${first.id}`].map((path) => lab.call('GET', path)),
    );
    const tables = await lab.database.query<{ name: string }[]>(
      `SELECT format('%I', table_name) AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
    );
    const dump = await Promise.all(
      tables.map(({ name }) =>
        lab.database.query(`SELECT t::text AS text, encode(t::text::bytea, 'escape') FROM ${name} t`),
      ),
    );
    const raw = await lab.database.query<{ sealed: Buffer }[]>('SELECT sealed FROM credentials');
    const everything = JSON.stringify([answers, lab.logged, dump]) + raw.map(({ sealed }) => sealed.toString('latin1'));
    expect(everything).toContain('operator');
    expect(everything).toContain('credential.updated');
    for (const secret of [COMMUNITY, AUTH_KEY, PRIV_KEY]) expect(everything).not.toContain(secret);
    for (const secret of [COMMUNITY, AUTH_KEY, PRIV_KEY])
      expect(everything).not.toContain(Buffer.from(secret).toString('hex'));
  });

  it('are deleted once, however many ask at once', async () => {
    const { id } = await make(v2c);
    const holder = lab.database.createQueryRunner();
    await holder.startTransaction();
    await holder.query('SELECT 1 FROM credentials WHERE id = $1 FOR UPDATE', [id]);
    const asked = Promise.all(Array.from({ length: 3 }, () => lab.call('DELETE', `/credentials/${id}`)));
    const waiting = `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
    await eventually(async () => expect(await lab.database.query(waiting)).toHaveLength(3));
    await holder.rollbackTransaction();
    await holder.release();
    expect((await asked).map(({ status }) => status).sort()).toEqual([204, 404, 404]);
    const audited = await lab.database.query<unknown[]>(`SELECT 1 FROM audit_log WHERE action = 'credential.deleted'`);
    expect(audited).toHaveLength(1);
  });

  it('are audited as they were just before each of several changes at once', async () => {
    const { id } = await make(v2c);
    await Promise.all(['b', 'c', 'd'].map((name) => lab.call('PATCH', `/credentials/${id}`, { name })));
    const changes = await lab.database.query<{ before: Shown; after: Shown }[]>(
      `SELECT before, after FROM audit_log WHERE action = 'credential.updated' ORDER BY id`,
    );
    expect(new Set(changes.map(({ before }) => before.name)).size).toBe(3);
  });

  it('are not changed by nothing', async () => {
    const { id } = await make(v2c);
    expect(await lab.call('PATCH', `/credentials/${id}`, {})).toMatchObject({ status: 400, code: 'validation_failed' });
  });

  it('open in their own row only', async () => {
    const [first, second] = [await make(v2c), await make({ ...v2c, name: 'other', community: 'another' })];
    await lab.database.query(
      'UPDATE credentials SET sealed = (SELECT sealed FROM credentials WHERE id = $1) WHERE id = $2',
      [first.id, second.id],
    );
    expect([...(await reveal(first.id, second.id)).keys()]).toEqual([first.id]);
  });

  it('are changed by name, or in all their parts', async () => {
    const { id } = await make(v3);
    const path = `/credentials/${id}`;
    expect((await lab.call('PATCH', path, { name: 'v3 new' })).data).toMatchObject({
      name: 'v3 new',
      user: 'operator',
    });
    expect((await reveal(id)).get(id)).toMatchObject({ user: 'operator', auth: { key: AUTH_KEY } });
    const partial = await lab.call('PATCH', path, { priv: v3.priv });
    expect([partial.status, partial.errors?.map((each) => each.path)]).toEqual([400, ['priv', 'user']]);
    expect((await lab.call('PATCH', path, { user: 'reader' })).data).toMatchObject({
      user: 'reader',
      auth_protocol: null,
    });
    expect((await lab.call('PATCH', path, { kind: 'snmp_v2c' })).status).toBe(400);
    expect((await lab.call('PATCH', path, { kind: 'snmp_v2c', community: 'c' })).data).toMatchObject({ user: null });
    expect((await reveal(id)).get(id)).toEqual({ kind: 'snmp_v2c', community: 'c' });
  });

  it.each<[string, object, string]>([
    ['priv without auth', { ...v3, auth: null }, 'priv'],
    ['a short key', { ...v3, auth: { protocol: 'sha', key: 'seven77' } }, 'auth.key'],
    ['an endless key', { ...v3, auth: { protocol: 'sha', key: 'x'.repeat(256) } }, 'auth.key'],
    ['an unknown protocol', { ...v3, priv: { protocol: 'rot13', key: PRIV_KEY } }, 'priv.protocol'],
    ['a community of v3', { ...v3, community: 'c' }, 'community'],
    ['an empty community', { ...v2c, community: '' }, 'community'],
    ['an endless user', { ...v3, user: 'x'.repeat(33) }, 'user'],
  ])('refuse %s without repeating it', async (_, body, path) => {
    const answer = await lab.call('POST', '/credentials', body);
    expect([answer.status, answer.code, answer.errors?.map((each) => each.path)]).toEqual([
      400,
      'validation_failed',
      [path],
    ]);
    expect(JSON.stringify(answer)).not.toContain('seven77');
  });

  it('have names of their own', async () => {
    await make(v2c);
    const { id } = await make(v3);
    const [again, renamed] = [
      await lab.call('POST', '/credentials', v2c),
      await lab.call('PATCH', `/credentials/${id}`, { name: 'v2c' }),
    ];
    expect([again.code, renamed.code]).toEqual(['name_taken', 'name_taken']);
  });

  it('stay while devices use them', async () => {
    const { id } = await make(v2c);
    const { data: device } = await lab.call<Shown>('POST', '/devices', {
      name: 'a',
      ip: '10.0.0.1',
      snmp_credential: 'v2c',
    });
    const refused = await lab.call('DELETE', `/credentials/${id}`);
    expect([refused.status, refused.code, refused.detail]).toEqual([
      409,
      'in_use',
      '1 device uses this credential. Give them another one first.',
    ]);
    expect((await lab.call<Shown>('GET', `/credentials/${id}`)).data['device_count']).toBe(1);
    await lab.call('PATCH', `/devices/${device.id}`, { snmp_credential: null });
    expect((await lab.call('DELETE', `/credentials/${id}`)).status).toBe(204);
    expect((await lab.call('DELETE', `/credentials/${id}`)).code).toBe('credential_not_found');
  });

  it('are for admins, reading included', async () => {
    const { id } = await make(v2c);
    for (const path of ['/credentials', `/credentials/${id}`])
      expect((await lab.call('GET', path, undefined, lab.viewer)).status).toBe(403);
  });

  it('are not stored without a key, and everything else works', async () => {
    await lab.close();
    lab = await start({});
    const refused = await lab.call('POST', '/credentials', v2c);
    expect([refused.status, refused.code]).toEqual([409, 'secrets_key_missing']);
    expect(refused.detail).toContain('SWARMWARD_SECRETS_KEY');
    expect((await lab.call('GET', '/credentials')).data).toEqual([]);
  });
});
