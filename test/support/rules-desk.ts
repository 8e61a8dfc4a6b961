import type { DatabaseConnection } from '../../src/platform/database/connection.js';
import { startTestPostgres, type TestPostgres } from './postgres.js';
import { type Called, type RulesLab, startRulesLab } from './rules-lab.js';

/** The channel `Operations`. */
export const OPERATIONS = '7c1f7f0e-58a1-4b0d-8f6b-f7c3b1d2a911';
/** No channel, no device. */
export const NOBODY = '7c1f7f0e-58a1-4b0d-8f6b-f7c3b1d2a9ff';
export const LOSS = { metric: 'icmp.loss_percent', agg: 'avg', window_seconds: 300, op: '>', value: 20 };
/** {@link LOSS}, as people write it. */
export const LOSS_TEXT = 'avg(icmp.loss_percent, 5m) > 20';

/** A rule, as it is answered. */
export type Rule = Record<string, unknown> & { id: string };

export interface RulesDesk {
  /** Of sites, groups, templates and devices, by their names. */
  ids: Record<string, string>;
  /** Of a rule to make; each has a name of its own. */
  body(more?: object): Record<string, unknown>;
  create(more?: object): Promise<Rule>;
  /** What is answered to a rule that is none. */
  refused(more: object): Promise<Pick<Called<unknown>, 'status' | 'code' | 'errors' | 'metrics'>>;
}

/**
 * Hooks of a file: one PostgreSQL for all of its tests, with two sites, a group, a template, five devices and the channel
 * `Operations`. No rules are there when a test begins.
 */
export function eachWithoutRules(begin: (lab: RulesLab, connection: DatabaseConnection) => void): RulesDesk {
  let postgres: TestPostgres;
  let lab: RulesLab;
  const ids: Record<string, string> = {};

  beforeAll(async () => {
    postgres = await startTestPostgres();
    const connection = await postgres.createDatabase();
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
    begin(lab, connection);
  });
  afterAll(async () => {
    await lab?.close();
    await postgres?.stop();
  });
  beforeEach(() => lab.database.query('DELETE FROM alert_rules'));

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
  return { ids, body, create, refused };
}
