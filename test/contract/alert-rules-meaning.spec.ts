import { eachWithoutRules, LOSS, LOSS_TEXT, NOBODY, type Rule } from '../support/rules-desk.js';
import type { RulesLab } from '../support/rules-lab.js';

// Real: PostgreSQL, Nest, Fastify, sockets, the product's own measures of devices. Channels and the swarm are made up.
let lab: RulesLab;
const { ids, body, create, refused } = eachWithoutRules((started) => (lab = started));

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
