import { MAX_RULES } from '../../src/alerts/rules/alert-rules.store.js';
import { countStatements } from '../support/count-statements.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { LOSS_TEXT, OPERATIONS } from '../support/rules-desk.js';
import { type RulesLab, startRulesLab } from '../support/rules-lab.js';

// Real: PostgreSQL, Nest, Fastify, sockets. Channels and the swarm are made up.
let postgres: TestPostgres;
let lab: RulesLab;
const devices: Record<string, string> = {};

beforeAll(async () => {
  postgres = await startTestPostgres();
  lab = await startRulesLab(await postgres.createDatabase());
  lab.channels.set('Operations', OPERATIONS);
  await lab.call('POST', '/sites', { name: 'Berlin: "Mitte"' });
  await lab.call('POST', '/groups', { name: 'Routers', selector: { tags: ['router'] } });
  for (const [name, ip] of [
    ['core', '10.0.0.1'],
    ['twin', '10.0.0.2'],
    ['twin', '10.0.0.3'],
  ] as const) {
    devices[name] = (await lab.call<{ id: string }>('POST', '/devices', { name, ip })).data.id;
  }
});
afterAll(async () => {
  await lab?.close();
  await postgres?.stop();
});
beforeEach(() => lab.database.query('DELETE FROM alert_rules'));

interface Told {
  [count: string]: unknown;
  rules: {
    rule: number;
    line: number;
    status: string;
    name: string;
    errors: { path: string; line: number; message: string }[];
  }[];
}
const send = (text: string, query = '', type = 'application/yaml') =>
  lab.call<Told>('POST', `/alert-rules/import${query}`, text, { type });
const exported = async (query = '') =>
  (await lab.call('GET', `/alert-rules/export${query}`, undefined, { as: 'viewer' })).text;
const count = async () => (await lab.database.query('SELECT FROM alert_rules')).length;
const make = async (more: object) => {
  const made = await lab.call<{ id: string }>('POST', '/alert-rules', { expression: LOSS_TEXT, ...more });
  expect(made).toMatchObject({ status: 201 });
  return made.data.id;
};

describe('export and import of rules', () => {
  it('goes out and in again to the same rules and the same bytes', async () => {
    const site = { sites: ['Berlin: "Mitte"'] };
    await make({ name: 'zebra', scope: { ...site, groups: ['Routers'], devices: ['core', devices['twin']] } });
    await make({
      name: '- odd: # name',
      description: 'two\nlines  \n\ttab',
      scope: site,
      no_data: 'alert',
      group_by: [],
    });
    await make({ name: 'null', labels: { on: 'yes', n: '1e3', empty: '' }, channels: ['Operations'], enabled: false });
    await make({
      name: 'recovery',
      severity: 'critical',
      expression: 'icmp.rtt_ms > 200 and not (icmp.jitter_ms < 5 or icmp.loss_percent == 0)',
      recovery: { expression: 'icmp.rtt_ms < 150', for_seconds: 60 },
      keep_firing_seconds: 30,
      runbook_url: 'https://wiki.example.org/a?b=c#d',
    });
    await make({ name: 'nodes', expression: 'swarm.node_down == 1', scope: { kind: 'swarm', names: ['*'] } });
    await make({ name: 'self', expression: 'self.redis_up == 0' });

    const file = await exported();
    expect(file).not.toMatch(/[&*]\w+$/m);
    expect(file).toContain('scope: self\n');
    expect(file).toMatch(/devices:\n\s+- core\n\s+- [0-9a-f-]{36}\n/);
    const before = await lab.database.query('SELECT * FROM alert_rules ORDER BY name');
    const again = await send(file, '?on_duplicate=update');
    expect(again.data).toMatchObject({ total: 6, unchanged: 6, committed: true });
    expect(await lab.database.query('SELECT * FROM alert_rules ORDER BY name')).toEqual(before);

    await lab.database.query('DELETE FROM alert_rules');
    expect((await send(file)).data).toMatchObject({ created: 6 });
    expect(await exported()).toBe(file);
    const json = await exported('?format=json');
    await lab.database.query('DELETE FROM alert_rules');
    expect((await send(json, '', 'application/json')).data).toMatchObject({ created: 6 });
    expect(await exported()).toBe(file);
  });

  it('goes in again when something that a rule names is gone', async () => {
    const gone: Record<string, string> = {};
    for (const [name, ip] of [
      ['left', '10.0.0.8'],
      ['alone', '10.0.0.9'],
    ] as const) {
      gone[name] = (await lab.call<{ id: string }>('POST', '/devices', { name, ip })).data.id;
    }
    await make({ name: 'both', scope: { devices: ['core', gone['left']] } });
    await make({ name: 'nothing', scope: { devices: [gone['alone']] } });
    await lab.database.query('DELETE FROM devices WHERE id = ANY ($1)', [Object.values(gone)]);
    const file = await exported();
    expect(file).not.toContain(gone['left']);
    expect(file).toContain(gone['alone']);
    const again = await send(file, '?on_duplicate=update');
    expect(again).toMatchObject({ status: 200, data: { updated: 1, unchanged: 1, failed: 0 } });
    expect((await send(await exported(), '?on_duplicate=update')).data).toMatchObject({ unchanged: 2 });
    // A rule that was not about it before is not made so by a slip.
    expect(await send(file.replace('name: nothing', 'name: other'))).toMatchObject({ status: 422 });
  });

  it('quotes what readers of YAML 1.1 take for something else', async () => {
    await make({ name: 'no', description: '2026-01-01', labels: { on: 'yes', at: '12:30:45', octal: '0777' } });
    const file = await exported();
    for (const text of ['name: "no"', 'description: "2026-01-01"', '"on": "yes"', 'at: "12:30:45"', 'octal: "0777"']) {
      expect(file).toContain(text);
    }
  });

  it('lets others have their turn while many go out and in', async () => {
    await lab.database.query(
      `INSERT INTO alert_rules (name, severity, scope, condition, expression, labels)
       SELECT 'rule ' || n, 'low', '{"kind":"self"}', '{"metric": "self.redis_up", "op": "==", "value": 0}', 'self.redis_up == 0',
         '{"a": "b", "c": "d", "e": "f"}' FROM generate_series(1, 900) n`,
    );
    const turns = async <T>(work: () => Promise<T>): Promise<[T, number]> => {
      let count = 0;
      let goesOn = true;
      const turn = () => void (count++, goesOn && setImmediate(turn));
      setImmediate(turn);
      const told = await work();
      goesOn = false;
      return [told, count];
    };
    const rows = await lab.database.query('SELECT * FROM alert_rules ORDER BY name');
    const [file, outTurns] = await turns(() => exported());
    const [back, inTurns] = await turns(() => send(file, '?on_duplicate=update'));
    expect(back.data).toMatchObject({ total: 900, unchanged: 900 });
    expect(await lab.database.query('SELECT * FROM alert_rules ORDER BY name')).toEqual(rows);
    expect(Math.min(outTurns, inTurns)).toBeGreaterThan(30);
    const keys = Array.from({ length: 90_000 }, (_, key) => `k${key}: 1`).join(', ');
    expect(await send(`rules:\n  - {${keys}}\n`)).toMatchObject({ status: 400, code: 'malformed_yaml' });
  });

  it('reads rules in brackets, with comments and commas', async () => {
    const one = (name: string) => `{"name": "${name}", "expression": "icmp.rtt_ms > 5"}`;
    expect((await send(`# all\n{"rules": [${one('a')}, # first\n ${one('b')},\n]}\n# end\n`)).data).toMatchObject({
      created: 2,
      rules: [{ line: 2 }, { line: 3 }],
    });
    expect((await send(`{"rules": [${one('c')}\n${one('d')}]}`)).status).toBe(400);
    expect((await send(`rules: [${one('c')},, ${one('d')}]`)).status).toBe(400);
    expect(
      (await send(`rules:\n# none yet\n- name: e\n  expression: icmp.rtt_ms > 5\n# the end\n`)).data,
    ).toMatchObject({
      created: 1,
      rules: [{ line: 3 }],
    });
    expect((await send('rules:\n- name: f\n- &a name: [g\n')).status).toBe(400);
    expect((await send('rules: []\nmore: 1\n')).status).toBe(400);
    const comments = '#\n'.repeat(150_000);
    expect((await send(`${comments}rules:\n${one('h').replace('{', '- {')}\n- ${one('i')}\n`)).data).toMatchObject({
      created: 2,
      rules: [{ line: 150_002 }, { line: 150_003 }],
    });
    expect((await send('---\n'.repeat(150_000))).status).toBe(400);
    expect((await send(`rules:\n${'-\n'.repeat(20_000)}`)).code).toBe('validation_failed');
    expect((await send('rules:\n- name: f\nmore: 1\n')).status).toBe(400);
    expect((await send('rules:\n- name: f\n---\nrules: []\n')).status).toBe(400);
  });

  it('exports those that are asked for, as a file', async () => {
    const id = await make({ name: 'one' });
    await make({ name: 'two' });
    const answer = await lab.call('GET', `/alert-rules/export?ids=${id}`);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/yaml; charset=utf-8',
      'content-disposition': 'attachment; filename="alert-rules.yaml"',
    });
    expect(answer.text).toBe(
      `rules:\n  - name: one\n    enabled: true\n    severity: medium\n    scope: all\n    expression: ${LOSS_TEXT}\n    for_seconds: 0\n`,
    );
    expect(await lab.call('GET', `/alert-rules/export?ids=${OPERATIONS}`)).toMatchObject({
      status: 404,
      code: 'alert_rule_not_found',
    });
    expect(await lab.call('GET', '/alert-rules/export?ids=x')).toMatchObject({ status: 400 });
  });

  const MIXED = `rules:
  - name: good
    expression: icmp.rtt_ms > 5
  - name: lost
    expression: icmp.rtt_ms > 5
    scope:
      sites:
        - Nowhere
  - name: bad
    expression: >-
      icmp.rtt > 5
  - name: good
    expression: icmp.rtt_ms > 6
  - name: odd
    colour: red
    expression: icmp.rtt_ms > 6
  - just text
`;

  it('takes all or nothing, and names each rule that is refused with its line', async () => {
    const answer = await send(MIXED);
    expect(answer).toMatchObject({ status: 422, code: 'import_rolled_back' });
    expect(answer.errors!.map(({ path, line }) => `${path} ${line}`)).toEqual([
      'rules.1.scope.sites.0 8',
      'rules.2.expression 10',
      'rules.3.name 12',
      'rules.4.colour 15',
      'rules.5 17',
    ]);
    expect(await count()).toBe(0);
  });

  it('takes the good ones when it is asked to', async () => {
    const { data } = await send(MIXED, '?atomic=false');
    expect(data).toMatchObject({ total: 6, created: 1, failed: 5, committed: true, atomic: false });
    expect(data.rules[2]).toMatchObject({
      rule: 3,
      line: 9,
      name: 'bad',
      errors: [{ path: 'expression', position: 0 }],
    });
    expect(data.rules[3]!.errors[0]!.message).toBe('The rule in line 2 has this name already.');
    expect(await count()).toBe(1);
  });

  it('tells what would happen, and changes nothing', async () => {
    await make({ name: 'good' });
    const { data } = await send(MIXED, '?dry_run=true&on_duplicate=update');
    expect(data).toMatchObject({ updated: 1, created: 0, failed: 5, committed: false, dry_run: true });
    expect(await exported()).toContain(LOSS_TEXT);
    expect(
      await lab.database.query(
        `SELECT FROM audit_log WHERE action = 'alert_rules.imported' AND after->>'dry_run' = 'true'`,
      ),
    ).toEqual([]);
  });

  it('while rules open alerts, like a change of one', async () => {
    const id = await make({ name: 'good', severity: 'critical' });
    const evaluator = lab.database.createQueryRunner();
    await evaluator.startTransaction();
    await evaluator.query('SELECT FROM alert_rules FOR KEY SHARE');
    const file = 'rules: [{ name: good, expression: icmp.rtt_ms > 5 }]';
    const answers = [
      await send(file, '?dry_run=true&on_duplicate=update'),
      await send(file, '?on_duplicate=update'),
      await lab.call('PATCH', `/alert-rules/${id}`, { severity: 'low' }),
    ];
    // Judging them without writing any keeps nobody from anything.
    await evaluator.query(`UPDATE alert_rules SET broken_reason = 'x'`);
    answers.push(await send(file, '?dry_run=true'));
    await evaluator.rollbackTransaction();
    await evaluator.release();
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  it('skips rules that are there, or makes them as the file says', async () => {
    const id = await make({ name: 'good', severity: 'critical', for_seconds: 9 });
    const file = 'rules: [{ name: good, expression: icmp.rtt_ms > 5 }]';
    expect((await send(file)).data).toMatchObject({ skipped: 1, rules: [{ status: 'skipped', id }] });
    expect((await send(file, '?on_duplicate=update')).data).toMatchObject({ updated: 1, rules: [{ id }] });
    expect((await lab.call('GET', `/alert-rules/${id}`)).data).toMatchObject({
      expression: 'icmp.rtt_ms > 5',
      severity: 'medium',
      for_seconds: 0,
      version: 2,
    });
  });

  it.each<[string, string, number, number, RegExp]>([
    ['a broken file', 'rules:\n  - name: "a\n', 3, 1, /quote/],
    ['bad indentation', 'rules:\n  - name: a\n expression: b\n', 3, 1, /same column/],
    ['a repeated key', 'rules:\n  - name: a\n    name: b\n', 3, 5, /The key name is there twice/],
    ['an alias', 'rules:\n  - &a { name: x }\n  - *a\n', 3, 5, /Aliases are not taken/],
    ['an alias bomb', `a: &a [x]\n${'b: &b [*a, *a]\n'}rules: *b\n`, 2, 8, /Aliases/],
    ['a tag of its own', 'rules:\n  - !rule { name: x }\n', 2, 5, /tag/i],
    ['binary', 'rules:\n  - name: !!binary aGVsbG8=\n', 2, 20, /tag/i],
    ['two documents', 'rules: []\n---\nrules: []\n', 2, 1, /document/],
    ['a key that is a list', 'rules:\n  - [a]: b\n', 2, 5, /string/],
    ['another shape', 'alerts: []\n', 1, 1, /`rules`/],
    ['more than rules', 'rules: []\ngroups: []\n', 1, 1, /`rules`/],
    ['nothing', '', 1, 1, /`rules`/],
    ['deep lists', '['.repeat(200_000), 1, 81, /nested/],
    ['deep items', '- '.repeat(200_000), 1, 160, /nested/],
    ['deep maps', '{a: '.repeat(100_000), 1, 318, /nested/],
    ['very many parts', `rules:\n${'- \n'.repeat(200_000)}`, 133_334, 1, /too long/],
  ])('refuses %s, and says where', async (_, file, line, column, message) => {
    const answer = await send(file);
    expect(answer).toMatchObject({ status: 400, code: 'malformed_yaml' });
    expect(answer.errors).toEqual(
      expect.arrayContaining([{ path: '', message: expect.stringMatching(message), line, column }]),
    );
  });

  it('refuses what is no text, too much, of another type or unstorable', async () => {
    expect(await send(`rules:\n  - name: "a\\0"\n    expression: icmp.rtt_ms > 1\n`)).toMatchObject({ status: 422 });
    expect(await send(`a: ${'x'.repeat(1024 * 1024)}`)).toMatchObject({ status: 413, code: 'body_too_large' });
    expect(await send('name,ip', '', 'text/csv')).toMatchObject({ status: 415 });
    expect(await send('rules: []', '', 'text/yaml')).toMatchObject({ status: 200 });
    expect(await lab.call('POST', '/alert-rules', 'name: x', { type: 'application/yaml' })).toMatchObject({
      status: 415,
    });
    expect(await send('{"rules": 5}', '', 'application/json')).toMatchObject({
      status: 400,
      errors: [{ path: 'rules' }],
    });
    const many = `rules:\n${'- {name: a}\n'.repeat(MAX_RULES + 1)}`;
    expect(await send(many)).toMatchObject({ status: 400, code: 'validation_failed', errors: [{ path: 'rules' }] });
  });

  it('as many rules as there can be cost as many statements as two, and no more fit', async () => {
    const file = (from: number, to: number) =>
      `rules:\n${Array.from({ length: to - from }, (_, n) => `- {name: r${from + n}, expression: icmp.rtt_ms > 1, scope: {groups: [Routers]}}\n`).join('')}`;
    const costs = (from: number, to: number) =>
      countStatements(lab.database, async () => {
        expect((await send(file(from, to))).data).toMatchObject({ created: to - from });
      });
    expect(await costs(2, MAX_RULES)).toBe(await costs(0, 2));
    expect(await send(file(MAX_RULES, MAX_RULES + 1))).toMatchObject({ status: 409, code: 'too_many_alert_rules' });
    expect(await count()).toBe(MAX_RULES);
    const whole = await exported();
    expect((await send(whole, '?on_duplicate=update')).data).toMatchObject({ unchanged: MAX_RULES });
  });
});
