import { Client } from 'pg';
import { MAX_RULES } from '../../src/alerts/rules/alert-rules.store.js';
import { toPgConfig } from '../../src/platform/database/pg-config.driver.js';
import type { DatabaseConnection } from '../../src/platform/database/connection.js';
import { eventually } from '../support/eventually.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { type RulesLab, startRulesLab } from '../support/rules-lab.js';

// Real: PostgreSQL, Nest, Fastify, sockets, the product's own measures of devices. Channels and the swarm are made up.
const OPERATIONS = '7c1f7f0e-58a1-4b0d-8f6b-f7c3b1d2a911';
const NOBODY = '7c1f7f0e-58a1-4b0d-8f6b-f7c3b1d2a9ff';
const LOSS = { metric: 'icmp.loss_percent', agg: 'avg', window_seconds: 300, op: '>', value: 20 };
const LOSS_TEXT = 'avg(icmp.loss_percent, 5m) > 20';

let postgres: TestPostgres;
let connection: DatabaseConnection;
let lab: RulesLab;
const ids: Record<string, string> = {};

beforeAll(async () => {
  postgres = await startTestPostgres();
  connection = await postgres.createDatabase();
  lab = await startRulesLab(connection);
  lab.channels.set('Operations', OPERATIONS);
  for (const [kind, name] of [
    ['sites', 'Berlin'],
    ['sites', 'Bonn'],
    ['groups', 'Routers'],
  ] as const) {
    const body = kind === 'groups' ? { name, selector: { tags: ['router'] } } : { name };
    const made = await lab.call<{ id: string }>('POST', `/${kind}`, body);
    ids[name] = made.data.id;
  }
  const [template] = await lab.database.query(`INSERT INTO templates (name) VALUES ('Switch') RETURNING id`);
  ids['Switch'] = template.id;
  const devices = [
    { name: 'core', ip: '10.0.0.1', site: 'Berlin', tags: ['router'] },
    { name: 'edge', ip: '10.0.0.2', site: 'Berlin' },
    { name: 'twin', ip: '10.0.0.3', site: 'Bonn' },
    { name: 'twin', ip: '10.0.0.4', enabled: false },
    { name: 'web', ip: '10.0.0.5', check_kind: 'tcp', port: 443 },
  ];
  for (const device of devices) {
    const made = await lab.call<{ id: string }>('POST', '/devices', device);
    expect(made).toMatchObject({ status: 201 });
    ids[device.name] = made.data.id;
  }
});
afterAll(async () => {
  await lab?.close();
  await postgres?.stop();
});
beforeEach(() => lab.database.query('DELETE FROM alert_rules'));

type Rule = Record<string, unknown> & { id: string };
let number = 0;
const body = (more: object = {}) => ({ name: `Rule ${++number}`, expression: LOSS_TEXT, ...more });
const create = async (more: object = {}): Promise<Rule> => {
  const made = await lab.call<Rule>('POST', '/alert-rules', body(more));
  expect(made).toMatchObject({ status: 201 });
  return made.data;
};
const refused = async (more: object) => {
  const answer = await lab.call('POST', '/alert-rules', body(more));
  const { status, code, errors } = answer;
  return { status, code, errors, metrics: answer.metrics };
};

describe('conditions', () => {
  it('takes a text or a tree, and answers with both', async () => {
    const { expression: _, ...rest } = body({ condition: LOSS });
    const fromTree = await lab.call<Rule>('POST', '/alert-rules', rest);
    const fromText = await create();
    const both = await create({ condition: { all: [LOSS] } });
    for (const rule of [fromTree.data, fromText, both]) {
      expect(rule).toMatchObject({ expression: LOSS_TEXT, condition: LOSS, version: 1 });
    }
  });

  it('answers with conditions as people write them, whatever order they are stored in', async () => {
    const { id } = await create({ expression: `${LOSS_TEXT} and icmp.rtt_ms > 100`, recovery: { expression: 'icmp.rtt_ms < 50' } }); // prettier-ignore
    const { condition, recovery } = (await lab.call<Rule & { recovery: { condition: object } }>('GET', `/alert-rules/${id}`)).data; // prettier-ignore
    expect(JSON.stringify(condition)).toBe(
      JSON.stringify({ all: [LOSS, { metric: 'icmp.rtt_ms', op: '>', value: 100 }] }),
    );
    expect(JSON.stringify(recovery.condition)).toBe('{"metric":"icmp.rtt_ms","op":"<","value":50}');
  });

  it.each([
    ['ping_unreachable >= 5', 'icmp.down_seconds >= 300'],
    ['avg_ping_ms > 200', 'avg(icmp.rtt_ms, 5m) > 200'],
    ['packet_loss > 20', 'avg(icmp.loss_percent, 5m) > 20'],
    ['no_data', 'icmp.no_data_seconds >= 300'],
  ])('translates the old %s', async (old, expression) => {
    expect(await create({ expression: old })).toMatchObject({ expression });
  });

  it('says where a text is wrong, and what there is', async () => {
    const answer = await refused({ expression: 'icmp.rtt > 100' });
    expect(answer).toMatchObject({ status: 400, code: 'invalid_condition' });
    expect(answer.errors![0]).toMatchObject({
      path: 'expression',
      position: 0,
      length: 8,
      message: expect.stringContaining('icmp.rtt_ms'),
    });
    expect(answer.metrics).toEqual(expect.arrayContaining(['icmp.loss_percent', 'swarm.node_down']));
    const broken = await refused({ expression: 'icmp.rtt_ms > ' });
    expect(broken).toMatchObject({
      status: 400,
      code: 'invalid_condition',
      errors: [{ path: 'expression', position: 14 }],
    });
  });

  it('says where a message is wrong', async () => {
    const answer = await refused({ message: '{{target}} has {{value | round}}' });
    expect(answer).toMatchObject({ status: 400, code: 'invalid_message', errors: [{ path: 'message', position: 15 }] });
    expect(await refused({ message: 'x'.repeat(2_001) })).toMatchObject({ status: 400, errors: [{ path: 'message' }] });
    expect(await create({ message: '{{target}} has {{value}}' })).toMatchObject({
      message: '{{target}} has {{value}}',
    });
  });

  it.each<[string, object, string, string]>([
    ['a tree that is none', { condition: { all: [] } }, 'invalid_condition', 'condition.all'],
    ['an unknown field of a tree', { condition: { ...LOSS, x: 1 } }, 'invalid_condition', 'condition.x'],
    [
      'a window that is too long',
      { condition: { ...LOSS, window_seconds: 86_400 } },
      'invalid_condition',
      'condition.window_seconds',
    ],
    [
      'an unknown metric of a tree',
      { condition: { metric: 'icmp.x', op: '>', value: 1 } },
      'invalid_condition',
      'condition.metric',
    ],
    ['nothing', {}, 'invalid_condition', 'expression'],
    ['two that differ', { expression: 'icmp.rtt_ms > 1', condition: LOSS }, 'invalid_condition', 'condition'],
    [
      'a scope that does not fit',
      { expression: 'swarm.node_down == 1', scope: 'all' },
      'invalid_condition',
      'expression',
    ],
    [
      'metrics of two kinds',
      { expression: 'swarm.node_down == 1 and swarm.service_missing_replicas > 0' },
      'invalid_condition',
      'expression',
    ],
    [
      'a broken recovery',
      { expression: LOSS_TEXT, recovery: { expression: 'icmp.' } },
      'invalid_condition',
      'recovery.expression',
    ],
    [
      'a recovery of others',
      { expression: 'swarm.node_down == 1', recovery: { expression: 'swarm.service_missing_replicas < 1' } },
      'invalid_condition',
      'recovery',
    ],
    [
      'a text that is too long',
      { expression: `${'not '.repeat(3_000)}icmp.rtt_ms > 1` },
      'invalid_condition',
      'expression',
    ],
    [
      'a deep tree',
      { condition: Array.from({ length: 40 }).reduce<object>((inner) => ({ not: inner }), LOSS) },
      'invalid_condition',
      '',
    ],
  ])('refuses %s', async (_, more, code, path) => {
    const { status, code: told, errors } = await lab.call('POST', '/alert-rules', { name: 'x', ...more });
    expect({ status, code: told }).toEqual({ status: 400, code });
    expect(errors![0]!.path).toContain(path);
  });

  it.each<[string, object, string]>([
    ['a severity', { severity: 'bad' }, 'severity'],
    ['a runbook of another protocol', { runbook_url: 'javascript:alert(1)' }, 'runbook_url'],
    ['a negative duration', { for_seconds: -1 }, 'for_seconds'],
    ['a huge duration', { for_seconds: 1e12 }, 'for_seconds'],
    ['a label that Prometheus would not take', { labels: { 'a-b': 'x' } }, 'labels.a-b'],
    ['a label of two lines', { labels: { a: 'x\ny' } }, 'labels.a'],
    ['a name of two lines', { name: 'a\nb' }, 'name'],
    ['a name that rings', { name: 'a\u0007b' }, 'name'],
    ['a name that turns text around', { name: 'a\u202eb' }, 'name'],
    ['a description that rings', { description: 'a\n\u0007b' }, 'description'],
    ['a runbook of two lines', { runbook_url: 'https://wiki.example.org/a\r\nb' }, 'runbook_url'],
    ['a scope of nothing', { scope: { sites: [] } }, 'scope.sites'],
    ['an unknown field', { scopes: 'all' }, 'scopes'],
    ['an unknown group', { group_by: ['color'] }, 'group_by.0'],
    ['an empty name', { name: ' ' }, 'name'],
  ])('refuses %s', async (_, more, path) => {
    const answer = await refused(more);
    expect(answer).toMatchObject({ status: 400, code: 'validation_failed', errors: [{ path }] });
    expect(JSON.stringify(answer)).not.toMatch(/Too (big|small)|Invalid|expected|[<>]=/);
  });
});

describe('scopes', () => {
  const all = { kind: 'devices', selector: { all: true } };
  it.each<[string, object, object]>([
    ['"all"', { scope: 'all' }, all],
    ['none of devices', {}, all],
    ['none of the swarm', { expression: 'swarm.node_down == 1' }, { kind: 'swarm' }],
    ['none of ourselves', { expression: 'self.redis_up == 0' }, { kind: 'self' }],
    [
      'names of nodes',
      { expression: 'swarm.node_down == 1', scope: { kind: 'swarm', names: ['a*'] } },
      { kind: 'swarm', names: ['a*'] },
    ],
    [
      'the flat form',
      { scope: { sites: ['Berlin'], tags: ['Router'] } },
      { kind: 'devices', selector: { sites: ['Berlin'], tags: ['router'] } },
    ],
    [
      'the answered form',
      { scope: { kind: 'devices', selector: { groups: ['Routers'] } } },
      { kind: 'devices', selector: { groups: ['Routers'] } },
    ],
    ['templates alone', { scope: { templates: ['Switch'] } }, { ...all, templates: ['Switch'] }],
    ['all beside others', { scope: { all: true } }, all],
  ])('takes %s', async (_, more, scope) => {
    expect((await create(more)).scope).toEqual(scope);
  });

  it('takes devices by name or id', async () => {
    expect((await create({ scope: { devices: ['core', ids['edge']] } })).scope).toEqual({
      kind: 'devices',
      selector: { ids: [ids['core'], ids['edge']] },
    });
  });

  it.each<[object | string, string, RegExp]>([
    [{ sites: ['Berlin', 'Paris'] }, 'scope.sites.1', /no site "Paris"/],
    [{ kind: 'devices', selector: { groups: ['x'] } }, 'scope.selector.groups.0', /no group/],
    [{ templates: ['x'] }, 'scope.templates.0', /no template/],
    [{ devices: ['nobody'] }, 'scope.devices.0', /no device/],
    [{ devices: ['twin'] }, 'scope.devices.0', /2 devices/],
    [{ ids: [NOBODY] }, 'scope.ids.0', /no device/],
    [{ profiles: ['x'] }, 'scope.profiles.0', /no profile/],
    ['everything', 'scope', /all, swarm, self/],
    [{}, 'scope', /at least one/],
    [{ site: ['Berlin'] }, 'scope.site', /Unknown field.*sites/],
    [{ kind: 'swarm', sites: ['Berlin'] }, 'scope.sites', /Unknown field/],
  ])('refuses %j', async (scope, path, message) => {
    const answer = await refused({ scope });
    expect(answer).toMatchObject({ status: 400, code: 'validation_failed' });
    expect(answer.errors![0]).toEqual({ path, message: expect.stringMatching(message) });
  });

  it('follows what is renamed, and tells what is deleted', async () => {
    const site = await lab.call<{ id: string }>('POST', '/sites', { name: 'Köln' });
    const rule = await create({ scope: { sites: ['Köln'] } });
    await lab.call('PATCH', `/sites/${site.data.id}`, { name: 'Cologne' });
    const renamed = await lab.call<Rule>('GET', `/alert-rules/${rule.id}`);
    expect(renamed.data).toMatchObject({
      scope: { selector: { sites: ['Cologne'] } },
      version: 1,
      missing_references: [],
    });
    await lab.call('DELETE', `/sites/${site.data.id}`);
    const [listed] = (await lab.call<Rule[]>('GET', '/alert-rules')).data;
    expect(listed!['missing_references']).toEqual([
      { path: 'scope.selector.sites.0', message: `There is no site "${site.data.id}".` },
    ]);
  });
});

describe('rules', () => {
  it('answers all that it was told', async () => {
    const told = {
      name: 'Loss in Berlin',
      description: 'of the old building',
      severity: 'high',
      scope: { sites: ['Berlin'] },
      for_seconds: 60,
      recovery: { expression: 'avg(icmp.loss_percent, 5m) < 5', for_seconds: 120 },
      keep_firing_seconds: 30,
      no_data: 'alert',
      group_by: ['site', 'severity'],
      labels: { team: 'network' },
      runbook_url: 'https://wiki.example.org/loss',
      channels: ['Operations'],
    };
    const rule = await create(told);
    const expected = {
      ...told,
      key: null,
      enabled: true,
      scope: { kind: 'devices', selector: { sites: ['Berlin'] } },
      recovery: { ...told.recovery, condition: { ...LOSS, op: '<', value: 5 } },
      channels: [{ id: OPERATIONS, name: 'Operations' }],
      open_alerts: { pending: 0, firing: 0 },
      broken_at: null,
    };
    expect(rule).toMatchObject(expected);
    expect((await lab.call('GET', `/alert-rules/${rule.id}`, undefined, { as: 'viewer' })).data).toEqual(rule);
  });

  it('takes a name once, also of two that come together', async () => {
    const same = await Promise.all(
      [1, 2].map(() => lab.call('POST', '/alert-rules', { name: 'Same', expression: LOSS_TEXT })),
    );
    expect(same.map(({ status }) => status).sort()).toEqual([201, 409]);
    const other = await create();
    expect(await lab.call('PATCH', `/alert-rules/${other.id}`, { name: 'Same' })).toMatchObject({
      status: 409,
      code: 'name_taken',
    });
  });

  it('names the channels that there are none of', async () => {
    const answer = await refused({ channels: ['Operations', NOBODY] });
    expect(answer).toMatchObject({ status: 400, code: 'validation_failed', errors: [{ path: 'channels.1' }] });
  });

  it('names no channel that is deleted in that moment', async () => {
    const { id } = await create({ channels: ['Operations'] });
    lab.leaving.add(OPERATIONS);
    const gone = { status: 400, code: 'validation_failed', errors: [{ path: 'channels.0' }] };
    expect(await refused({ channels: ['Operations'] })).toMatchObject(gone);
    const change = (changes: object) => lab.call<Rule>('PATCH', `/alert-rules/${id}`, changes);
    expect(await change({ channels: [OPERATIONS] })).toMatchObject(gone);
    expect((await change({ severity: 'low' })).data).toMatchObject({
      channels: [{ id: OPERATIONS, name: 'Operations' }],
    });
    lab.leaving.clear();
  });

  it('counts changes of what is evaluated, and only those', async () => {
    const { id } = await create({ scope: { sites: ['Berlin'] } });
    const change = async (changes: object) =>
      (await lab.call<Rule>('PATCH', `/alert-rules/${id}`, changes)).data['version'];
    expect(await change({ name: 'Renamed', severity: 'low', labels: { a: 'b' }, enabled: false })).toBe(1);
    expect(await change({ scope: { sites: [ids['Berlin']] } })).toBe(1);
    expect(await change({ expression: `(${LOSS_TEXT})` })).toBe(1);
    expect(await change({ for_seconds: 5 })).toBe(2);
    expect(await change({ expression: 'icmp.rtt_ms > 5' })).toBe(3);
    expect(await change({ recovery: { for_seconds: 10 } })).toBe(4);
    expect(await change({ recovery: null, no_data: 'ok' })).toBe(5);
  });

  it('keeps what a change does not name', async () => {
    const rule = await create({
      for_seconds: 7,
      labels: { a: 'b' },
      recovery: { expression: 'icmp.rtt_ms < 5' },
      channels: ['Operations'],
    });
    const changed = await lab.call<Rule>('PATCH', `/alert-rules/${rule.id}`, { description: 'new' });
    const { updated_at: _old, description: _none, ...before } = rule;
    expect(changed.data).toMatchObject({ ...before, description: 'new' });
    const cleared = await lab.call<Rule>('PATCH', `/alert-rules/${rule.id}`, { description: null, channels: [] });
    expect(cleared.data).toMatchObject({ description: null, channels: [] });
  });

  it('a change of the scope alone must fit the condition', async () => {
    const { id } = await create();
    const answer = await lab.call('PATCH', `/alert-rules/${id}`, { scope: 'self' });
    expect(answer).toMatchObject({ status: 400, code: 'invalid_condition', errors: [{ path: 'condition.metric' }] });
  });

  it('a broken rule is whole again once it is mended or switched on', async () => {
    const { id } = await create();
    const breakIt = (condition: object) =>
      lab.database.query(
        `UPDATE alert_rules SET enabled = false, broken_reason = 'x', broken_at = now(), condition = $2 WHERE id = $1`,
        [id, condition],
      );
    const change = (changes: object) => lab.call<Rule>('PATCH', `/alert-rules/${id}`, changes);
    await breakIt({ metric: 'gone.metric', op: '>', value: 1 });
    expect((await lab.call('GET', '/alert-rules?broken=true')).page).toMatchObject({ total: 1 });
    expect(await change({ enabled: true })).toMatchObject({ status: 400, code: 'invalid_condition' });
    expect((await change({ severity: 'low' })).data).toMatchObject({ broken_reason: 'x' });
    expect((await change({ expression: LOSS_TEXT })).data).toMatchObject({
      broken_reason: null,
      broken_at: null,
      enabled: false,
    });
    await breakIt(LOSS);
    expect((await change({ enabled: true })).data).toMatchObject({ broken_reason: null, enabled: true });
    await breakIt({ all: 'nonsense' });
    expect((await lab.call('GET', `/alert-rules/${id}`)).status).toBe(200);
  });

  it.each([
    ['no scope', 'scope', null],
    ['a scope of nothing', 'scope', { kind: 'devices' }],
    ['a scope that is no list', 'scope', { kind: 'devices', selector: { ids: 'x' } }],
    ['a scope of null', 'scope', { kind: 'devices', selector: { ids: [null] } }],
    ['a text as recovery', 'recovery_condition', 'x'],
    ['an empty recovery', 'recovery_condition', {}],
    ['a text as condition', 'condition', 'x'],
    ['a bottomless condition', 'condition', Array.from({ length: 3_000 }).reduce<object>((not) => ({ not }), LOSS)],
  ])(
    'damaged from outside, with %s, it is shown, exported, mended and deleted, and spoils no list',
    async (_, column, value) => {
      const { id } = await create();
      await lab.database.query(
        `UPDATE alert_rules SET enabled = false, broken_reason = 'x', broken_at = now(), ${column} = $2::jsonb WHERE id = $1`,
        [id, JSON.stringify(value)],
      );
      const change = (changes: object) => lab.call<Rule>('PATCH', `/alert-rules/${id}`, changes);
      for (const path of ['', `/${id}`, '/export?format=json']) {
        expect(await lab.call('GET', `/alert-rules${path}`)).toMatchObject({ status: 200 });
      }
      expect((await change({ severity: 'low' })).data).toMatchObject({ broken_reason: 'x', severity: 'low' });
      const kept = `SELECT FROM alert_rules WHERE id = $1 AND ${column} = $2::jsonb`;
      expect(await lab.database.query(kept, [id, JSON.stringify(value)])).toHaveLength(1);
      expect(await change({ enabled: true })).toMatchObject({ status: 400, code: 'invalid_condition' });
      expect((await change({ expression: LOSS_TEXT, scope: 'all', recovery: null })).data).toMatchObject({
        broken_reason: null,
      });
      expect((await change({ enabled: true })).data).toMatchObject({ enabled: true });
      expect(await lab.call('DELETE', `/alert-rules/${id}`)).toMatchObject({ status: 204 });
    },
  );

  it('is listed, filtered and found', async () => {
    await create({ name: 'A', severity: 'critical' });
    await create({ name: 'B', severity: 'low', enabled: false });
    await create({ name: 'C', severity: 'high', expression: 'swarm.node_down == 1', description: 'about nodes' });
    const names = async (query: string) =>
      (await lab.call<Rule[]>('GET', `/alert-rules?${query}`)).data.map(({ name }) => name);
    expect(await names('')).toEqual(['A', 'B', 'C']);
    expect(await names('sort=-severity')).toEqual(['A', 'C', 'B']);
    expect(await names('severity=low')).toEqual(['B']);
    expect(await names('enabled=true')).toEqual(['A', 'C']);
    expect(await names('kind=swarm')).toEqual(['C']);
    expect(await names('q=NODES')).toEqual(['C']);
    expect(await names('q=loss_percent')).toEqual(['A', 'B']);
    expect(await names('broken=true')).toEqual([]);
    expect((await lab.call('GET', '/alert-rules?fields=name,open_alerts.firing&limit=1')).data).toEqual([
      { name: 'A', open_alerts: { firing: 0 } },
    ]);
  });

  it('is deleted, its alerts stay', async () => {
    const rule = await create();
    await lab.database.query(
      `INSERT INTO alerts (fingerprint, rule_id, rule_name, rule_version, severity, target_kind, target_key, target_name, group_key, state, pending_since, evaluated_at)
       SELECT 'f', $1, 'x', 1, 'low', 'device', '1', 'core', '', state, now(), now() FROM unnest(ARRAY['firing', 'resolved', 'resolved']) state`,
      [rule.id],
    );
    expect((await lab.call<Rule>('GET', `/alert-rules/${rule.id}`)).data['open_alerts']).toEqual({
      pending: 0,
      firing: 1,
    });
    expect((await lab.call<Rule[]>('GET', '/alert-rules')).data[0]!['open_alerts']).toEqual({ pending: 0, firing: 1 });
    const alerts = () => lab.database.query('SELECT xmin, * FROM alerts ORDER BY id');
    const before = await alerts();
    expect((await lab.call('DELETE', `/alert-rules/${rule.id}`)).status).toBe(204);
    for (const method of ['GET', 'DELETE'] as const) {
      expect(await lab.call(method, `/alert-rules/${rule.id}`)).toMatchObject({
        status: 404,
        code: 'alert_rule_not_found',
      });
    }
    // However many: none is touched.
    expect(await alerts()).toEqual(before);
  });

  it('is for admins to change and for viewers to read', async () => {
    const { id } = await create();
    for (const as of ['viewer', 'operator'] as const) {
      expect((await lab.call('POST', '/alert-rules', body(), { as })).status).toBe(403);
      expect((await lab.call('PATCH', `/alert-rules/${id}`, { enabled: false }, { as })).status).toBe(403);
      expect((await lab.call('DELETE', `/alert-rules/${id}`, undefined, { as })).status).toBe(403);
      expect((await lab.call('POST', '/alert-rules/import', { rules: [] }, { as })).status).toBe(403);
      expect((await lab.call('GET', '/alert-rules/export', undefined, { as })).status).toBe(200);
    }
    expect(await lab.call('GET', '/alert-rules/nonsense')).toMatchObject({
      status: 400,
      errors: [{ path: 'id', message: 'Must be a UUID.' }],
    });
  });

  it('tells evaluators of each change, and the audit log who made it', async () => {
    const listener = new Client(toPgConfig(connection));
    const heard: string[] = [];
    listener.on('notification', ({ payload }) => heard.push((JSON.parse(payload!) as { kind: string }).kind));
    await listener.connect();
    try {
      await listener.query('LISTEN swarmward_events');
      const { id, name } = await create();
      await lab.call('POST', '/alert-rules', { name, expression: LOSS_TEXT });
      await lab.call('PATCH', `/alert-rules/${id}`, { severity: 'low' });
      await lab.call('DELETE', `/alert-rules/${id}`);
      await eventually(() =>
        expect(heard).toEqual(['alert_rules_changed', 'alert_rules_changed', 'alert_rules_changed']),
      );
      const entries = await lab.database.query(
        `SELECT action, actor, before, after FROM audit_log WHERE subject_id = $1 ORDER BY id`,
        [id],
      );
      expect(entries).toMatchObject([
        { action: 'alert_rule.created', actor: 'admin', before: null, after: { name } },
        { action: 'alert_rule.updated', before: { severity: 'medium' }, after: { severity: 'low' } },
        { action: 'alert_rule.deleted', before: { name }, after: null },
      ]);
    } finally {
      await listener.end();
    }
  });

  it('has a bound', async () => {
    await lab.database.query(
      `INSERT INTO alert_rules (name, severity, scope, condition, expression)
       SELECT 'n' || n, 'low', '{"kind":"self"}', '{}', '' FROM generate_series(1, $1::int) n`,
      [MAX_RULES],
    );
    expect(await lab.call('POST', '/alert-rules', body())).toMatchObject({ status: 409, code: 'too_many_alert_rules' });
  });
});

describe('validation and metrics', () => {
  const validate = async (told: object) =>
    (await lab.call<Rule>('POST', '/alert-rules/validate', told, { as: 'viewer' })).data;

  it('tells what a rule would mean, and stores nothing', async () => {
    expect(await validate({ expression: 'packet_loss > 20', scope: { sites: ['Berlin'] } })).toEqual({
      valid: true,
      expression: LOSS_TEXT,
      condition: LOSS,
      scope: { kind: 'devices', selector: { sites: ['Berlin'] } },
      problems: [],
      notes: [],
      targets: 2,
    });
    expect(await lab.database.query('SELECT FROM alert_rules')).toHaveLength(0);
  });

  it.each([
    ['icmp.rtt_ms > 1', undefined, 3],
    ['tcp.down_seconds > 60', undefined, 1],
    ['device.down_seconds > 60', undefined, 4],
    ['device.down_seconds > 60', { groups: ['Routers'] }, 1],
    ['device.down_seconds > 60', { templates: ['Switch'] }, 0],
    ['swarm.node_down == 1', undefined, 2],
    ['swarm.node_down == 1', { kind: 'swarm', names: ['al*'] }, 1],
    ['self.redis_up == 0', undefined, 1],
  ])('%s about %j means %i', async (expression, scope, targets) => {
    expect(await validate({ expression, ...(scope && { scope }) })).toMatchObject({ valid: true, targets });
  });

  it('notes what is hardly meant, also when it is saved', async () => {
    const never = { expression: 'icmp.rtt_ms > 20 and icmp.rtt_ms < 10' };
    const stuck = { expression: 'icmp.rtt_ms > 20', recovery: { expression: 'icmp.rtt_ms > 30' } };
    const unknown = { expression: 'snmp."No such" > 20 or icmp.rtt_ms > 5' };
    for (const [told, note] of [
      [never, 'never holds'],
      [stuck, 'does not end by itself'],
      [unknown, 'No item is called "No such"'],
    ] as const) {
      expect(await validate(told)).toMatchObject({ valid: true, notes: [expect.stringContaining(note)] });
      const { status, data } = await lab.call<Rule>('POST', '/alert-rules', body({ name: note, ...told }));
      expect({ status, notes: data['notes'] }).toEqual({ status: 201, notes: [expect.stringContaining(note)] });
      expect((await lab.call<Rule>('GET', `/alert-rules/${data['id']}`)).data['notes']).toEqual(data['notes']);
      const mended = { expression: 'icmp.rtt_ms > 20', recovery: null };
      expect((await lab.call<Rule>('PATCH', `/alert-rules/${data['id']}`, mended)).data['notes']).toEqual([]);
    }
  });

  it('answers with every problem and where it is', async () => {
    const answer = await validate({ expression: 'icmp.rtt > 100', scope: { sites: ['Paris'] }, channels: ['x'] });
    expect(answer).toMatchObject({ valid: false, expression: 'icmp.rtt > 100', targets: null });
    expect((answer['problems'] as Rule[]).map(({ path, position }) => [path, position])).toEqual(
      expect.arrayContaining([
        ['expression', 0],
        ['scope.sites.0', null],
        ['channels.0', null],
      ]),
    );
    expect(await validate({ severity: 'bad', expression: 5 })).toMatchObject({ valid: false, condition: null });
  });

  it('lists what there is to ask for', async () => {
    const { data } = await lab.call<Rule[]>('GET', '/alert-rules/metrics', undefined, { as: 'viewer' });
    expect(data.find(({ name }) => name === 'icmp.loss_percent')).toMatchObject({
      target: 'device',
      scope_kind: 'devices',
      unit: 'percent',
      longest_window_seconds: 600,
    });
    expect(data.some(({ name }) => name === 'device.state_code')).toBe(false);
  });
});
