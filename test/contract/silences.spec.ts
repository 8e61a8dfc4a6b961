import type { DataSource } from 'typeorm';
import { type DynamicModule, Module } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { SilencesApiModule } from '../../src/alerts/silences/silences.api.module.js';
import { ConfigModule } from '../../src/platform/config/config.module.js';
import { readSettings } from '../../src/platform/config/read-settings.js';
import type { DatabaseConnection } from '../../src/platform/database/connection.js';
import { DatabaseModule } from '../../src/platform/database/database.module.js';
import { EventFeed } from '../../src/platform/events/event-feed.client.js';
import { EventsModule } from '../../src/platform/events/events.module.js';
import { createToken } from '../../src/platform/security/first-admin-token.store.js';
import { SecurityApiModule } from '../../src/platform/security/security.api.module.js';
import { eventually } from '../support/eventually.js';
import { type HttpLab, startHttpLab } from '../support/http-lab.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';

// Real: PostgreSQL, Nest, Fastify, sockets.
@Module({})
class TestModule {
  static over(connection: DatabaseConnection): DynamicModule {
    const imports = [
      ConfigModule.forRoot(readSettings({ SWARMWARD_RATE_LIMIT_PER_MINUTE: '100000' })),
      DatabaseModule.forRoot(connection),
      EventsModule.forRoot(connection),
      SecurityApiModule,
      SilencesApiModule,
    ];
    return { module: TestModule, imports };
  }
}

interface Silence {
  id: string;
  state: string;
  starts_at: string;
  ends_at: string;
  author: string | null;
  comment: string | null;
  matchers: unknown[];
  matching_alerts?: number;
  warnings?: string[];
}

interface Heard {
  status: number;
  data: Silence;
  list: Silence[];
  code: string | undefined;
  errors: { path: string; message: string }[];
}

describe('silences', () => {
  let postgres: TestPostgres;
  let lab: HttpLab;
  let database: DataSource;
  const tokens: Record<string, string> = {};
  beforeAll(async () => {
    postgres = await startTestPostgres();
    lab = await startHttpLab(TestModule.over(await postgres.createDatabase()));
    database = lab.app.get<DataSource>(getDataSourceToken(), { strict: false });
    for (const role of ['viewer', 'operator'] as const) {
      tokens[role] = await createToken(database, { name: role, role });
    }
  });
  afterAll(async () => {
    await lab?.close();
    await postgres.stop();
  });
  beforeEach(() => database.query('DELETE FROM silences'));

  const BERLIN = { name: 'site', op: '=', value: 'Berlin' };
  const call = async (method: string, path = '', body?: unknown, role = 'operator'): Promise<Heard> => {
    const headers = { authorization: `Bearer ${tokens[role]}` };
    const answer = await lab.ask(`/api/v1/silences${path}`, { method, body, headers });
    const said = (answer.body || {}) as { data: unknown; code?: string; errors?: Heard['errors'] };
    const { data, code, errors = [] } = said;
    return { status: answer.status, data: data as Silence, list: data as Silence[], code, errors };
  };
  const make = async (more: object = {}): Promise<Silence> =>
    (await call('POST', '', { matchers: [BERLIN], duration_seconds: 3_600, ...more })).data;
  const hours = (count: number): string => new Date(Date.now() + count * 3_600_000).toISOString();
  const lengthOf = ({ starts_at, ends_at }: Silence): number => (Date.parse(ends_at) - Date.parse(starts_at)) / 1_000;

  it('begins now, for as long as was said, by who made it', async () => {
    const made = await call('POST', '', { matchers: [BERLIN], duration_seconds: 90, comment: ' Works on the line ' });
    expect(made.status).toBe(201);
    expect(made.data).toMatchObject({
      state: 'active',
      author: 'operator',
      comment: 'Works on the line',
      matchers: [BERLIN],
    });
    expect(lengthOf(made.data)).toBe(90);
    expect((await call('GET', `/${made.data.id}`, undefined, 'viewer')).data).toMatchObject({
      ...made.data,
      matching_alerts: 0,
    });
  });

  it('may begin later, and is changed', async () => {
    const later = await make({ starts_at: hours(1), ends_at: hours(2), duration_seconds: undefined });
    expect(later.state).toBe('pending');
    const longer = await call('PATCH', `/${later.id}`, {
      duration_seconds: 10,
      matchers: [{ name: 'rule', op: '~', value: 'Round*' }],
    });
    expect(longer).toMatchObject({ status: 200, data: { starts_at: later.starts_at, matchers: [{ name: 'rule' }] } });
    expect(lengthOf(longer.data)).toBe(10);
    expect((await call('PATCH', `/${later.id}`, { starts_at: hours(-1), ends_at: hours(1) })).data.state).toBe(
      'active',
    );
  });

  it.each(['expire', 'delete'])('ends now and is kept, by %s', async (way) => {
    const { id } = await make();
    const ended = way === 'expire' ? await call('POST', `/${id}/expire`) : await call('DELETE', `/${id}`);
    expect(ended.status).toBe(way === 'expire' ? 200 : 204);
    const kept = (await call('GET', `/${id}`)).data;
    expect(kept.state).toBe('ended');
    expect(Date.parse(kept.ends_at)).toBeLessThan(Date.now() + 5_000);
    expect((await call('POST', `/${id}/expire`)).data.ends_at).toBe(kept.ends_at);
    expect(await call('PATCH', `/${id}`, { comment: 'too late' })).toMatchObject({
      status: 409,
      code: 'silence_ended',
    });
  });

  it('that has not begun ends before it begins', async () => {
    const { id } = await make({ starts_at: hours(1) });
    const { data } = await call('POST', `/${id}/expire`);
    expect(data).toMatchObject({ state: 'ended', starts_at: data.ends_at });
  });

  it('are listed by what they are', async () => {
    const [active, pending, ended] = [
      await make({ comment: 'line' }),
      await make({ starts_at: hours(1) }),
      await make(),
    ];
    await call('DELETE', `/${ended.id}`);
    const ids = async (query: string) => (await call('GET', query)).list.map(({ id }) => id).sort();
    expect(await ids('?active=true')).toEqual([active.id]);
    expect(await ids('?active=false')).toEqual([pending.id, ended.id].sort());
    expect(await ids('?state=pending')).toEqual([pending.id]);
    expect(await ids('?q=LINE')).toEqual([active.id]);
    expect(await ids('?q=berlin&sort=ends_at&limit=2')).toHaveLength(2);
    expect((await call('GET', '?who=me')).status).toBe(400);
  });

  it('says how many open alerts it means', async () => {
    const alert = (print: string, labels: object, state: string) =>
      database.query(
        `INSERT INTO alerts (fingerprint, rule_name, rule_version, severity, target_kind, target_key, target_name, group_key, labels, state,
           pending_since, evaluated_at) VALUES ($1, 'Down', 1, 'high', 'device', $1, $1, '{}', $2, $3, now(), now())`,
        [print, JSON.stringify(labels), state],
      );
    await alert('a', { site: 'Berlin', tag: 'core,edge' }, 'firing');
    await alert('b', { site: 'Berlin', tag: 'edge' }, 'pending');
    await alert('c', { site: 'Berlin', tag: 'core' }, 'resolved');
    await alert('d', { site: 'Bern' }, 'firing');
    const means = async (...matchers: object[]) => {
      const { id, matching_alerts } = await make({ matchers });
      expect((await call('PATCH', `/${id}`, { comment: 'x' })).data.matching_alerts).toBe(matching_alerts);
      return (await call('GET', `/${id}`)).data.matching_alerts;
    };
    expect(await means(BERLIN)).toBe(2);
    expect(await means(BERLIN, { name: 'tag', op: '=', value: 'core' })).toBe(1);
    expect(await means({ name: 'site', value: 'Berlin' })).toBe(2);
    expect(await means({ name: 'site', op: '~', value: 'ber*' })).toBe(3);
    const anySite = { name: 'site', op: '!=', value: '' };
    expect(await means(anySite, { name: 'tag', op: '!=', value: 'edge' })).toBe(1);
    expect(await means(anySite, { name: 'region', op: '=', value: '' })).toBe(3);
  });

  it('warns of labels that nothing has', async () => {
    await database.query(
      `INSERT INTO alert_rules (name, severity, scope, condition, expression, labels)
       VALUES ('r', 'low', '{"kind":"self"}', '{}', '', '{"team": "net"}')`,
    );
    const warned = async (name: string) =>
      (await make({ matchers: [BERLIN, { name, op: '!=', value: 'x' }] })).warnings;
    expect(await warned('region')).toEqual([]);
    expect(await warned('team')).toEqual([]);
    expect(await warned('severty')).toEqual([expect.stringMatching(/label "severty"\. Did you mean severity\?/)]);
    expect(await warned('nonsense')).toEqual(['No rule and no open alert has a label "nonsense".']);
  });

  it('although the labels of a rule were damaged from outside', async () => {
    await database.query(
      `INSERT INTO alert_rules (name, severity, scope, condition, expression, labels) VALUES ('damaged', 'high', '{}', '{}', '', '["x"]')`,
    );
    try {
      expect(await call('POST', '', { matchers: [BERLIN], duration_seconds: 60 })).toMatchObject({ status: 201 });
    } finally {
      await database.query(`DELETE FROM alert_rules WHERE name = 'damaged'`);
    }
  });

  it('tells the others and the audit in the same transaction', async () => {
    const heard: string[] = [];
    const feed = lab.app.get(EventFeed, { strict: false });
    let listens = false;
    feed.onGap(() => (listens = true));
    feed.on('silences_changed', () => heard.push('silences_changed'));
    await eventually(() => expect(listens).toBe(true));
    const { id } = await make();
    await call('PATCH', `/${id}`, { comment: 'x' });
    await call('DELETE', `/${id}`);
    await eventually(() => expect(heard).toHaveLength(3));
    const rows = await database.query<{ action: string; actor: string }[]>(
      `SELECT action FROM audit_log WHERE subject_id = $1 ORDER BY at, id`,
      [id],
    );
    expect(rows.map(({ action }) => action)).toEqual(['silence.created', 'silence.updated', 'silence.ended']);
  });

  it.each([
    ['no matcher', { matchers: [] }, 'matchers'],
    ['a comment that rings', { comment: 'a\u0007b' }, 'comment'],
    ['what every alert matches', { matchers: [{ name: 'nonsense', op: '=', value: '' }] }, 'matchers'],
    ['a star alone', { matchers: [{ name: 'site', op: '~', value: '*' }] }, 'matchers'],
    [
      'nothing but exclusions',
      {
        matchers: [
          { ...BERLIN, op: '!=' },
          { name: 'tag', op: '!~', value: 'a*' },
        ],
      },
      'matchers',
    ],
    ['too many', { matchers: Array.from({ length: 21 }, () => BERLIN) }, 'matchers'],
    ['an operator that there is not', { matchers: [{ ...BERLIN, op: '=~' }] }, 'matchers.0.op'],
    ['a name that is none', { matchers: [{ ...BERLIN, name: 'a b' }] }, 'matchers.0.name'],
    ['a pattern full of stars', { matchers: [{ ...BERLIN, op: '~', value: '*a'.repeat(11) }] }, 'matchers.0.value'],
    ['a long value', { matchers: [{ ...BERLIN, value: 'a'.repeat(501) }] }, 'matchers.0.value'],
    ['two ends', { ends_at: '2099-01-01T00:00:00Z' }, 'duration_seconds'],
    ['no end', { duration_seconds: undefined }, 'ends_at'],
    [
      'an end before the start',
      { starts_at: '2098-01-01T00:00:00Z', ends_at: '2097-01-01T00:00:00Z', duration_seconds: undefined },
      'ends_at',
    ],
    ['an end in the past', { starts_at: '2020-01-01T00:00:00Z' }, 'ends_at'],
    ['no time', { starts_at: 'soon' }, 'starts_at'],
    ['half a second', { duration_seconds: 0.5 }, 'duration_seconds'],
    ['years', { duration_seconds: 1e12 }, 'duration_seconds'],
    ['an end years ahead', { ends_at: '2098-01-01T00:00:00Z', duration_seconds: undefined }, 'ends_at'],
  ])('refuses %s', async (_name, more, path) => {
    const { status, errors } = await call('POST', '', { matchers: [BERLIN], duration_seconds: 60, ...more });
    expect(status).toBe(400);
    expect(errors.map((error) => error.path)).toContain(path);
  });

  it('are for operators, looked at by viewers', async () => {
    const { id } = await make();
    expect((await call('GET', '', undefined, 'viewer')).status).toBe(200);
    for (const [method, path, body] of [
      ['POST', '', { matchers: [BERLIN], duration_seconds: 60 }],
      ['PATCH', `/${id}`, { comment: null }],
      ['POST', `/${id}/expire`, undefined],
      ['DELETE', `/${id}`, undefined],
    ] as const) {
      expect((await call(method, path, body, 'viewer')).status).toBe(403);
    }
  });

  it('that there are not', async () => {
    const none = '/b1c7ad0e-6a3f-4f0e-9b8a-3a1f3f8f2c10';
    expect(await call('GET', none)).toMatchObject({ status: 404, code: 'silence_not_found' });
    expect((await call('DELETE', none)).status).toBe(404);
    expect((await call('GET', '/5')).status).toBe(400);
  });

  it('are at most 500 at a time', async () => {
    await database.query(
      `INSERT INTO silences (matchers, starts_at, ends_at) SELECT '[]', now(), now() + interval '1 hour' FROM generate_series(1, 499)`,
    );
    const answers = await Promise.all(
      [1, 2, 3].map(() => call('POST', '', { matchers: [BERLIN], duration_seconds: 60 })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    expect(answers.find(({ status }) => status === 409)!.code).toBe('too_many_silences');
  });
});
