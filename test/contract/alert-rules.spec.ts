import { Client } from 'pg';
import { MAX_RULES } from '../../src/alerts/rules/alert-rules.store.js';
import { toPgConfig } from '../../src/platform/database/pg-config.driver.js';
import type { DatabaseConnection } from '../../src/platform/database/connection.js';
import { eventually } from '../support/eventually.js';
import { eachWithoutRules, LOSS, LOSS_TEXT, NOBODY, OPERATIONS, type Rule } from '../support/rules-desk.js';
import type { RulesLab } from '../support/rules-lab.js';

// Real: PostgreSQL, Nest, Fastify, sockets, the product's own measures of devices. Channels and the swarm are made up.
let lab: RulesLab;
let connection: DatabaseConnection;
const { ids, body, create, refused } = eachWithoutRules((started, on) => {
  lab = started;
  connection = on;
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
