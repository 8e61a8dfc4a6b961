import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { ChannelsApiModule } from '../../src/notifications/channels/channels.api.module.js';
import { sealedChannels } from '../../src/notifications/channels/sealed-channels.js';
import { readSettings } from '../../src/platform/config/read-settings.js';
import { unlockSecrets } from '../../src/platform/security/secret-keys.store.js';
import {
  all,
  channelTools,
  discord,
  email,
  keyed,
  MASK,
  pagerduty,
  type ShownChannel as Shown,
  slack,
  teams,
  telegram,
  webhook,
} from '../support/channel-seeds.js';
import type { InventoryLab } from '../support/inventory-lab.js';
import { RecordedLog } from '../support/postgres.js';
import { eachWithSecrets, KEY } from '../support/secrets-lab.js';

const PLANTED = /planted/;

// Real: PostgreSQL, Nest, Fastify, sockets. Nothing is replaced.
describe('channels', () => {
  let lab: InventoryLab;
  const { createDatabase, start } = eachWithSecrets(ChannelsApiModule, (started) => (lab = started));
  const { make, vault, opened } = channelTools(() => lab);

  it('are nowhere in the answers, the log of requests, or any table', async () => {
    const ids: string[] = [];
    for (const body of all) ids.push((await make(body)).id);
    const { id, config } = await make(keyed);
    expect(config).toMatchObject({ url: `http://127.0.0.1:9/hook?${MASK}` });
    await lab.call('PATCH', `/channels/${id}`, { config: { url: 'http://127.0.0.1:9/hook?planted-bare' } });
    await lab.call('PATCH', `/channels/${ids[0]}`, { config: { secret: 'planted-another' } });
    await lab.call('PATCH', `/channels/${ids[1]}`, { config: { host: 'elsewhere.example.org' } });
    await lab.call('PATCH', `/channels/${ids[5]}`, { config: { bot_token: 'planted' } });
    await lab.call('POST', '/channels', { ...slack, config: { url: 'planted' } });
    await lab.call('POST', '/channels', { ...slack, name: 'x', config: { url: 'http://169.254.169.254/planted' } });
    await lab.call('POST', '/channels', {
      ...webhook,
      config: { ...webhook.config, planted: 1, headers: { 'bad name': 'planted' } },
    });
    await lab.call('POST', `/channels/${ids[0]}/test`);
    await lab.call('DELETE', `/channels/${ids[2]}`);
    const answers = await Promise.all(
      ['/channels', '/audit', `/channels/${ids[0]}`].map((path) => lab.call('GET', path)),
    );
    const tables = await lab.database.query<{ name: string }[]>(
      `SELECT format('%I', table_name) AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
    );
    const dump = await Promise.all(
      tables.map(({ name }) => lab.database.query(`SELECT t::text AS text FROM ${name} t`)),
    );
    const sealed = await lab.database.query<{ sealed: Buffer }[]>('SELECT sealed FROM channels');
    const everything =
      JSON.stringify([answers, lab.logged, dump]) + sealed.map((row) => row.sealed.toString('latin1')).join();
    expect(everything).toContain('channel.updated');
    expect(everything).toContain('channel.tested');
    expect(everything).not.toMatch(PLANTED);
    expect(everything).not.toContain(Buffer.from('planted').toString('hex'));
  });

  it.each<[string, object, string]>([
    ['an unknown kind', { ...slack, kind: 'pigeon' }, 'kind'],
    ['no config', { name: 'a', kind: 'slack' }, 'config'],
    ['an unknown field', { ...slack, config: { ...slack.config, channel: '#x' } }, 'config.channel'],
    ['an unknown field of the channel', { ...slack, color: 1 }, 'color'],
    ['no URL', { ...webhook, config: {} }, 'config.url'],
    ['a path for a URL', { ...webhook, config: { url: '/hook' } }, 'config.url'],
    ['another scheme', { ...webhook, config: { url: 'ftp://example.org/' } }, 'config.url'],
    ['a user in the URL', { ...webhook, config: { url: 'https://u:p@example.org/' } }, 'config.url'],
    ['port 0', { ...webhook, config: { url: 'https://example.org:0/' } }, 'config.url'],
    ['an endless URL', { ...webhook, config: { url: `https://example.org/${'x'.repeat(2_000)}` } }, 'config.url'],
    ['an unknown format', { ...webhook, config: { ...webhook.config, format: 'xml' } }, 'config.format'],
    ['a mask for a secret', { ...webhook, config: { ...webhook.config, secret: MASK } }, 'config.secret'],
    [
      'a header with a line break',
      { ...webhook, config: { ...webhook.config, headers: { a: 'b\r\nc: d' } } },
      'config.headers.a',
    ],
    [
      'a header of ours',
      { ...webhook, config: { ...webhook.config, headers: { 'Content-Length': '1' } } },
      'config.headers.Content-Length',
    ],
    ['headers that are a list', { ...webhook, config: { ...webhook.config, headers: ['a'] } }, 'config.headers'],
    ['a host that is none', { ...email, config: { ...email.config, host: 'a b' } }, 'config.host'],
    ['a host with a port', { ...email, config: { ...email.config, host: 'x:25' } }, 'config.host'],
    ['a port beyond', { ...email, config: { ...email.config, port: 65_536 } }, 'config.port'],
    [
      'a line break in an address',
      { ...email, config: { ...email.config, from: 'a@x.org\r\nBcc: b@x.org' } },
      'config.from',
    ],
    ['nobody to mail to', { ...email, config: { ...email.config, to: [] } }, 'config.to'],
    ['a user without a password', { ...email, config: { ...email.config, password: undefined } }, 'config.password'],
    ['a token that is none', { ...telegram, config: { ...telegram.config, bot_token: '../x' } }, 'config.bot_token'],
    ['a chat that is none', { ...telegram, config: { ...telegram.config, chat_id: 'a/b' } }, 'config.chat_id'],
    ['a short key', { ...pagerduty, config: { routing_key: 'x' } }, 'config.routing_key'],
    ['an empty name', { ...slack, name: ' ' }, 'name'],
  ])('refuse %s', async (_, body, path) => {
    const { status, code, errors } = await lab.call('POST', '/channels', body);
    expect([status, code, errors?.map((each) => each.path)]).toEqual([400, 'validation_failed', [path]]);
  });

  it.each<[string, object]>([
    ['a literal', { ...webhook, config: { url: 'http://169.254.169.254/' } }],
    ['a number', { ...slack, config: { url: 'http://2852039166/' } }],
    ['octal', { ...teams, config: { url: 'http://0251.0376.0251.0376/' } }],
    ['a mapped literal', { ...discord, config: { url: 'http://[::ffff:a9fe:a9fe]/' } }],
    ['a base', { ...telegram, config: { ...telegram.config, base_url: 'http://0xA9.0xFE.0xA9.0xFE' } }],
    ['a base of PagerDuty', { ...pagerduty, config: { ...pagerduty.config, base_url: 'http://169.254.43518' } }],
    ['a mail server', { ...email, config: { ...email.config, host: '2852039166' } }],
  ])('refuse %s that means a metadata service, and say what allows it', async (_, body) => {
    const { status, code, detail } = await lab.call('POST', '/channels', body);
    expect([status, code]).toEqual([422, 'outbound_refused']);
    expect(detail).toContain('SWARMWARD_OUTBOUND_ALLOW=');
  });

  it('refuse private literals where they are not allowed', async () => {
    await lab.close();
    lab = await start({ ...KEY, SWARMWARD_OUTBOUND_PRIVATE: 'false', SWARMWARD_OUTBOUND_ALLOW: '10.1.0.0/16' });
    const code = async (url: string) =>
      (await lab.call('POST', '/channels', { ...webhook, name: url, config: { url } })).code;
    expect(await Promise.all(['http://127.0.0.1/', 'http://localhost/', 'http://10.2.0.1/'].map(code))).toEqual(
      Array(3).fill('outbound_refused'),
    );
    expect(await Promise.all(['http://10.1.0.1/', 'http://example.org/'].map(code))).toEqual([undefined, undefined]);
  });

  it('answer nonsense in any field with sense', async () => {
    const nonsense = [
      null,
      true,
      0,
      -1,
      1e308,
      '',
      ' ',
      '::',
      '[',
      'http://[',
      '%00',
      '__proto__',
      '🔥',
      MASK,
      [],
      [[]],
      {},
      { a: 1 },
      { __proto__: 1 },
    ];
    const statuses = new Set<number>();
    for (const body of all) {
      const { id, config } = await make(body);
      for (const field of [...Object.keys(config), 'constructor'])
        for (const value of nonsense) {
          const odd = { config: { ...body.config, [field]: value } };
          statuses.add((await lab.call('POST', '/channels', { ...body, ...odd })).status);
          statuses.add((await lab.call('PATCH', `/channels/${id}`, odd)).status);
          const kept = await lab.call<Shown>('GET', `/channels/${id}`);
          expect(kept.status).toBe(200);
        }
    }
    // What is odd and still right is stored, taken for another of the same name, or refused as a receiver (the host 0).
    expect([...statuses].sort()).toEqual([200, 400, 409, 422]);
    expect([...(await vault().open()).values()].filter(({ fault }) => fault !== null)).toEqual([]);
  });

  it('open in their own row only, and hold up no other', async () => {
    const [first, second] = [await make(webhook), await make(slack)];
    await lab.database.query('UPDATE channels SET sealed = (SELECT sealed FROM channels WHERE id = $1) WHERE id = $2', [
      first.id,
      second.id,
    ]);
    const kept = await vault().open();
    expect([kept.get(first.id)!.fault, kept.get(second.id)!.opened]).toEqual([null, null]);
    expect(kept.get(second.id)!.fault).toContain('altered');
    const path = `/channels/${second.id}`;
    expect((await lab.call('PATCH', path, { config: { url: MASK } })).code).toBe('validation_failed');
    expect((await lab.call('PATCH', path, { config: slack.config })).status).toBe(200);
    expect(await opened(second.id)).toEqual(slack.config);
  });

  it('that do not open are told of once, and again after they did', async () => {
    const { id } = await make(slack);
    const sealed = 'UPDATE channels SET sealed = overlay(sealed PLACING $2::bytea FROM 20) WHERE id = $1';
    const log = new RecordedLog();
    Logger.overrideLogger(log);
    try {
      const [{ piece }] = await lab.database.query<[{ piece: Buffer }]>(
        'SELECT substring(sealed FROM 20 FOR 1) AS piece FROM channels WHERE id = $1',
        [id],
      );
      const other = Buffer.from([piece[0]! ^ 1]);
      for (const written of [other, piece, other]) {
        await lab.database.query(sealed, [id, written]);
        for (let round = 0; round < 3; round++) await vault().open();
      }
      const once = expect.stringContaining('The channel "slack" cannot be used');
      expect(log.lines).toEqual([once, once]);
      // What is gone is forgotten.
      for (const [from, to] of [
        [id, randomUUID()],
        ['', id],
      ]) {
        await lab.database.query(`UPDATE channels SET id = $2 WHERE $1 IN ('', id::text)`, [from, to]);
        await vault().open();
      }
      expect(log.lines).toEqual([once, once, once, once]);
    } finally {
      Logger.overrideLogger(false);
    }
  });

  it('move to a new key', async () => {
    const connection = await createDatabase();
    await lab.close();
    lab = await start(KEY, connection);
    const { id } = await make(webhook);
    await lab.close();
    const env = {
      SWARMWARD_SECRETS_KEY: 'another-key-for-tests-another-key',
      SWARMWARD_SECRETS_KEY_PREVIOUS: KEY.SWARMWARD_SECRETS_KEY,
    };
    await unlockSecrets(connection, {
      settings: readSettings(env),
      keyFile: null,
      tables: [sealedChannels],
      log: new RecordedLog(),
    });
    lab = await start({ SWARMWARD_SECRETS_KEY: env.SWARMWARD_SECRETS_KEY }, connection);
    expect(await opened(id)).toMatchObject(webhook.config);
  });

  it('are not stored without a key', async () => {
    await lab.close();
    lab = await start({});
    expect(await lab.call('POST', '/channels', webhook)).toMatchObject({ status: 409, code: 'secrets_key_missing' });
  });
});
