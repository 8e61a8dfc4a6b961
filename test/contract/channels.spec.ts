import { ChannelDirectory } from '../../src/alerts/channel-directory.port.js';
import { ChannelRows } from '../../src/notifications/channels/channels.store.js';
import { ChannelsApiModule } from '../../src/notifications/channels/channels.api.module.js';
import { createToken } from '../../src/platform/security/first-admin-token.store.js';
import {
  all,
  channelTools,
  email,
  keyed,
  MASK,
  type ShownChannel as Shown,
  slack,
  teams,
  telegram,
  webhook,
} from '../support/channel-seeds.js';
import { countStatements } from '../support/count-statements.js';
import { eventually } from '../support/eventually.js';
import type { InventoryLab } from '../support/inventory-lab.js';
import { eachWithSecrets } from '../support/secrets-lab.js';

// Real: PostgreSQL, Nest, Fastify, sockets. Nothing is replaced.
describe('channels', () => {
  let lab: InventoryLab;
  eachWithSecrets(ChannelsApiModule, (started) => (lab = started));
  const { make, vault, opened } = channelTools(() => lab);

  it('go in, are shown with their secrets masked, and open for who sends, in one query', async () => {
    const made: Shown[] = [];
    for (const body of all) made.push(await make(body));
    expect(made.map(({ config }) => config)).toEqual([
      { url: webhook.config.url, format: 'swarmward', secret: MASK, headers: { Authorization: MASK } },
      { ...email.config, password: MASK, security: 'starttls', verify_tls: true },
      { url: MASK },
      { url: MASK },
      { url: MASK },
      { bot_token: MASK, chat_id: '-100', base_url: 'https://api.telegram.org' },
      { routing_key: MASK, base_url: 'https://events.pagerduty.com' },
    ]);
    expect((await lab.call<Shown>('GET', `/channels/${made[0]!.id}`)).data).toEqual(made[0]);
    const kept = await vault().open();
    expect(
      [...kept.values()].map(({ name, kind, enabled, isDefault }) => [name, kind, enabled, isDefault]),
    ).toContainEqual(['hook', 'webhook', true, false]);
    for (const [index, { config }] of all.entries())
      expect(kept.get(made[index]!.id)!.opened!.config).toMatchObject({
        ...config,
        ...('chat_id' in config && { chat_id: '-100' }),
      });
    expect(await countStatements(lab.database, () => vault().open(made.map(({ id }) => id)))).toBe(1);
    expect(await countStatements(lab.database, () => vault().open([]))).toBe(0);
  });

  it('are named to viewers, without how they are reached', async () => {
    const { id } = await make(webhook);
    const shown = await lab.call<Shown>('GET', `/channels/${id}`, undefined, lab.viewer);
    expect(shown.data).toMatchObject({ name: 'hook', kind: 'webhook', config: null });
    expect((await lab.call<Shown[]>('GET', '/channels', undefined, lab.viewer)).data).toMatchObject([{ config: null }]);
    const operator = await createToken(lab.database, { name: 'operator', role: 'operator' });
    const asked = [
      ['POST', '/channels', slack],
      ['PATCH', `/channels/${id}`, { enabled: false }],
      ['POST', `/channels/${id}/test`, undefined],
      ['DELETE', `/channels/${id}`, undefined],
    ] as const;
    for (const [method, path, body] of asked) expect((await lab.call(method, path, body, operator)).status).toBe(403);
  });

  it('are listed by kind, name, enabled and default', async () => {
    for (const body of all) await make({ ...body, enabled: body !== slack, is_default: body === email });
    const names = async (search: string) =>
      (await lab.call<Shown[]>('GET', `/channels?${search}`)).data.map(({ name }) => name);
    expect(await names('kind=slack')).toEqual(['slack']);
    expect(await names('enabled=false')).toEqual(['slack']);
    expect(await names('is_default=true')).toEqual(['mail']);
    expect(await names('q=TEL')).toEqual(['telegram']);
    expect(await names('sort=-name&limit=2')).toEqual(['telegram', 'teams']);
    expect((await lab.call('GET', '/channels?state=x')).status).toBe(400);
  });

  describe('are changed', () => {
    it('in part: the mask and what is not given keep what is stored, null removes', async () => {
      const { id } = await make(webhook);
      const path = `/channels/${id}`;
      const changed = await lab.call<Shown>('PATCH', path, {
        config: {
          url: 'http://127.0.0.1:9/other',
          secret: MASK,
          headers: { Authorization: MASK, 'X-Team': 'planted-team' },
        },
      });
      expect(changed.data.config).toMatchObject({ headers: { Authorization: MASK, 'X-Team': MASK } });
      expect(await opened(id)).toMatchObject({
        url: 'http://127.0.0.1:9/other',
        secret: 'planted-hmac-secret',
        headers: { Authorization: 'Bearer planted-header', 'X-Team': 'planted-team' },
      });
      await lab.call('PATCH', path, { config: { format: 'alertmanager', secret: null, headers: { 'X-Team': MASK } } });
      expect(await opened(id)).toEqual({
        url: 'http://127.0.0.1:9/other',
        format: 'alertmanager',
        headers: { 'X-Team': 'planted-team' },
      });
      expect((await lab.call<Shown>('GET', path)).data.config).not.toHaveProperty('secret');
    });

    it('by what was shown of them, without a loss', async () => {
      for (const body of [...all, keyed]) {
        const { id, config } = await make(body);
        const before = await opened(id);
        expect((await lab.call('PATCH', `/channels/${id}`, { config })).status).toBe(200);
        expect(await opened(id)).toEqual(before);
      }
    });

    it('without sending a stored secret to another host', async () => {
      const [hook, mail, bot] = [await make(webhook), await make(email), await make(telegram)];
      const refused = async (id: string, config: object) => {
        const { status, errors } = await lab.call('PATCH', `/channels/${id}`, { config });
        return [status, errors?.map(({ path }) => path)];
      };
      expect(await refused(hook.id, { url: 'http://127.0.0.2:9/hook' })).toEqual([
        400,
        ['config.headers.Authorization'],
      ]);
      expect(await refused(mail.id, { host: 'evil.example.org', password: MASK })).toEqual([400, ['config.password']]);
      expect(await refused(bot.id, { base_url: 'https://evil.example.org' })).toEqual([400, ['config.bot_token']]);
      expect(await refused(bot.id, { base_url: 'http://api.telegram.org' })).toEqual([400, ['config.bot_token']]);
      for (const way of [{ port: 2_525 }, { security: 'none' }, { verify_tls: false }])
        expect(await refused(mail.id, way)).toEqual([400, ['config.password']]);
      expect(await refused(mail.id, { host: 'new.example.org', password: 'planted-new' })).toEqual([200, undefined]);
      const { headers } = webhook.config;
      expect(await refused(hook.id, { url: 'http://127.0.0.3:9/', headers })).toEqual([200, undefined]);
      expect(await refused(hook.id, { url: 'http://127.0.0.2:9/', headers: null })).toEqual([200, undefined]);
    });

    it('by name, enabled and default, never by kind', async () => {
      const { id } = await make(webhook);
      const changed = await lab.call<Shown>('PATCH', `/channels/${id}`, {
        name: 'renamed',
        enabled: false,
        is_default: true,
      });
      expect(changed.data).toMatchObject({ name: 'renamed', enabled: false, is_default: true });
      expect(await opened(id)).toMatchObject(webhook.config);
      for (const body of [
        {},
        { kind: 'slack' },
        { config: { host: 'x' } },
        { config: { url: null } },
        { config: { url: MASK } },
        { config: { url: 'http://127.0.0.1:9/a\r\nb' } },
        { config: { url: ' http://127.0.0.1:9/' } },
        { name: 'a\u202egpj.exe' },
      ])
        expect((await lab.call('PATCH', `/channels/${id}`, body)).code).toBe('validation_failed');
    });

    it('with an audit of every change, as it was just before', async () => {
      const { id } = await make(webhook);
      await lab.call('PATCH', `/channels/${id}`, { name: 'b' });
      await lab.call('DELETE', `/channels/${id}`);
      const audited = await lab.database.query<{ action: string; before: Shown | null; after: Shown | null }[]>(
        `SELECT action, before, after FROM audit_log WHERE subject_type = 'channel' ORDER BY id`,
      );
      expect(audited.map(({ action, before, after }) => [action, before?.name, after?.name])).toEqual([
        ['channel.created', undefined, 'hook'],
        ['channel.updated', 'hook', 'b'],
        ['channel.deleted', 'b', undefined],
      ]);
    });

    it('and every process is told', async () => {
      const heard: string[] = [];
      const runner = lab.database.createQueryRunner();
      const client = (await runner.connect()) as {
        on(event: string, heard: (message: { payload: string }) => void): void;
      };
      client.on('notification', ({ payload }) => void heard.push(payload));
      await runner.query('LISTEN swarmward_events');
      const { id } = await make(webhook);
      await lab.call('PATCH', `/channels/${id}`, { name: 'b' });
      await lab.call('DELETE', `/channels/${id}`);
      await eventually(() => expect(heard.filter((each) => each.includes('channels_changed'))).toHaveLength(3));
      await runner.query('UNLISTEN *');
      await runner.release();
    });
  });

  it('have names of their own', async () => {
    await make(webhook);
    const { id } = await make(slack);
    const [again, renamed] = [
      await lab.call('POST', '/channels', webhook),
      await lab.call('PATCH', `/channels/${id}`, { name: 'hook' }),
    ];
    expect([again.status, again.code, renamed.code]).toEqual([409, 'name_taken', 'name_taken']);
    const raced = await Promise.all(
      Array.from({ length: 5 }, () => lab.call('POST', '/channels', { ...teams, name: 'raced' })),
    );
    expect(raced.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409]);
  });

  it('are at most 200', async () => {
    const { id } = await make(webhook);
    await lab.database.query(
      `INSERT INTO channels (name, kind, key_id, sealed) SELECT 'c' || n, kind, key_id, sealed FROM channels, generate_series(1, 199) n WHERE id = $1`,
      [id],
    );
    expect(await lab.call('POST', '/channels', slack)).toMatchObject({ status: 409, code: 'too_many_channels' });
  });

  it('are tested by a delivery of their own', async () => {
    const { id } = await make(webhook);
    const { status, data } = await lab.call<{ delivery_id: string }>('POST', `/channels/${id}/test`);
    expect(status).toBe(202);
    const rows = await lab.database.query(
      'SELECT id, kind, requested_by, state FROM deliveries WHERE channel_id = $1',
      [id],
    );
    expect(rows).toEqual([{ id: data.delivery_id, kind: 'test', requested_by: 'admin', state: 'waiting' }]);
  });

  describe('are deleted', () => {
    const rule = (id: string) =>
      lab.database.query(
        `INSERT INTO alert_rules (name, severity, scope, condition, expression, channel_ids) VALUES ('Device down', 'high', '{}', '{}', '', ARRAY[$1::uuid])`,
        [id],
      );
    const route = (id: string) =>
      lab.database.query(
        `INSERT INTO notification_routes (name, escalate_channel_ids) VALUES ('nights', ARRAY[$1::uuid])`,
        [id],
      );

    it('not while rules or routes name them', async () => {
      const { id } = await make(webhook);
      await rule(id);
      await route(id);
      const refused = await lab.call('DELETE', `/channels/${id}`);
      expect([refused.status, refused.code]).toEqual([409, 'channel_in_use']);
      expect(refused.detail).toBe('It is named by route "nights", rule "Device down". Give them other channels first.');
      await lab.database.query(`UPDATE alert_rules SET channel_ids = '{}'`);
      await lab.database.query('DELETE FROM notification_routes');
      expect((await lab.call('DELETE', `/channels/${id}`)).status).toBe(204);
    });

    it('and while one is changed, deliveries to it are planned', async () => {
      const { id } = await make(webhook);
      const rows = lab.app.get(ChannelRows, { strict: false });
      const plan = 'SELECT id FROM channels WHERE id = $1 FOR KEY SHARE SKIP LOCKED';
      for (const [forWhat, planned] of [
        ['change', [{ id }]],
        ['deletion', []],
      ] as const) {
        await lab.database.transaction(async (manager) => {
          await rows.lock(id, forWhat, manager);
          expect(await lab.database.query(plan, [id])).toEqual(planned);
        });
      }
    });

    it('not while somebody is about to name them', async () => {
      const { id } = await make(webhook);
      const directory = lab.app.get(ChannelDirectory, { strict: false });
      let deletion: ReturnType<typeof lab.call> | undefined;
      await lab.database.transaction(async (manager) => {
        expect(await directory.keep([id], manager)).toEqual(new Set([id]));
        deletion = lab.call('DELETE', `/channels/${id}`);
        await eventually(async () => {
          const waiting =
            "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FROM channels%'";
          expect(await lab.database.query(waiting)).toHaveLength(1);
        });
        await manager.query(
          `INSERT INTO alert_rules (name, severity, scope, condition, expression, channel_ids) VALUES ('Late', 'high', '{}', '{}', '', ARRAY[$1::uuid])`,
          [id],
        );
      });
      expect((await deletion)?.code).toBe('channel_in_use');
      await lab.database.query('DELETE FROM alert_rules');
      expect((await lab.call('DELETE', `/channels/${id}`)).status).toBe(204);
      expect(await directory.keep([id], lab.database.manager)).toEqual(new Set());
    });

    it('with what waits for them', async () => {
      const { id } = await make(webhook);
      await lab.call('POST', `/channels/${id}/test`);
      expect((await lab.call('DELETE', `/channels/${id}`)).status).toBe(204);
      expect(await lab.database.query('SELECT state, channel_name FROM deliveries')).toEqual([
        { state: 'cancelled', channel_name: 'hook' },
      ]);
    });

    it('at the same cost however much they were told', async () => {
      const { id } = await make(webhook);
      for (let test = 0; test < 3; test++) await lab.call('POST', `/channels/${id}/test`);
      await lab.database.query(`UPDATE deliveries SET state = 'delivered', finished_at = now()`);
      const log = () => lab.database.query('SELECT xmin, * FROM deliveries ORDER BY num');
      const before = await log();
      expect(before).toHaveLength(3);
      expect((await lab.call('DELETE', `/channels/${id}`)).status).toBe(204);
      expect(await log()).toEqual(before);
    });

    it('once', async () => {
      const { id } = await make(webhook);
      const asked = await Promise.all(Array.from({ length: 3 }, () => lab.call('DELETE', `/channels/${id}`)));
      expect(asked.map(({ status }) => status).sort()).toEqual([204, 404, 404]);
    });
  });

  it.each(['GET', 'PATCH', 'DELETE'])('that are not there are not found by %s', async (method) => {
    const body = method === 'PATCH' ? { enabled: true } : undefined;
    const missing = await lab.call(method, '/channels/0b9c1f7e-5f0a-4c53-9d0e-3d1f6c3a2b10', body);
    expect([missing.status, missing.code]).toEqual([404, 'channel_not_found']);
    expect((await lab.call(method, '/channels/1', body)).code).toBe('validation_failed');
  });

  it('are found by id or name for who names them', async () => {
    const { id } = await make(webhook);
    const directory = lab.app.get(ChannelDirectory, { strict: false });
    const hook = { id, name: 'hook' };
    expect(await directory.find(['hook', id, id.toUpperCase(), 'Hook', 'gone'])).toEqual(
      new Map([
        ['hook', hook],
        [id, hook],
        [id.toUpperCase(), hook],
      ]),
    );
    expect(await directory.find([])).toEqual(new Map());
  });
});
