import { RoutesApiModule } from '../../src/notifications/policy/routes.api.module.js';
import { type InventoryLab, startInventory } from '../support/inventory-lab.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';

let postgres: TestPostgres;
let lab: InventoryLab;
let channel: string;

beforeAll(async () => {
  postgres = await startTestPostgres();
  lab = await startInventory(await postgres.createDatabase(), undefined, { faces: [RoutesApiModule] });
  await lab.database.query(`INSERT INTO secret_keys (id, verifier) VALUES ('k', '')`);
  [{ id: channel }] = await lab.database.query<[{ id: string }]>(
    `INSERT INTO channels (name, kind, key_id, sealed) VALUES ('ops', 'webhook', 'k', '') RETURNING id`,
  );
  await lab.database.query(`INSERT INTO sites (name) VALUES ('Berlin')`);
});
afterEach(() => lab.database.query('TRUNCATE notification_routes'));
afterAll(async () => {
  await lab.close();
  await postgres.stop();
});

const quiet = { timezone: 'Europe/Berlin', from: '22:00', to: '06:00' };
const make = (body: object) => lab.call<{ id: string }>('POST', '/notification-routes', body);

it('are made, listed in their order, changed and deleted; every write is audited and told to the dispatcher', async () => {
  const made = await make({
    name: 'b',
    channels: ['ops'],
    matchers: { sites: ['Berlin'], tags: ['Core'] },
    quiet_hours: quiet,
  });
  expect([made.status, made.data]).toMatchObject([
    201,
    {
      position: 100,
      channels: [{ id: channel, name: 'ops' }],
      matchers: { sites: ['Berlin'], tags: ['core'] },
      quiet_hours: { ...quiet, except: ['critical'] },
      remind_every_minutes: null,
    },
  ]);
  await make({ name: 'a', position: 1 });
  const list = await lab.call<{ name: string }[]>('GET', '/notification-routes');
  expect(list.data.map(({ name }) => name)).toEqual(['a', 'b']);
  const { id } = made.data;
  const changed = await lab.call('PATCH', `/notification-routes/${id}`, {
    matchers: {},
    quiet_hours: null,
    channels: [channel],
    escalate_channels: ['ops'],
    escalate_after_minutes: 15,
  });
  expect(changed.data).toMatchObject({ matchers: {}, quiet_hours: null, escalate_channels: [{ name: 'ops' }] });
  expect((await lab.call('GET', `/notification-routes/${id}`)).data).toEqual(changed.data);
  expect((await lab.call('DELETE', `/notification-routes/${id}`)).status).toBe(204);
  expect((await lab.call('GET', `/notification-routes/${id}`)).code).toBe('notification_route_not_found');
  const actions = await lab.database.query<{ action: string }[]>(
    `SELECT action FROM audit_log WHERE subject_id = $1 ORDER BY id`,
    [id],
  );
  expect(actions.map(({ action }) => action)).toEqual(
    ['created', 'updated', 'deleted'].map((what) => `notification_route.${what}`),
  );
});

it.each<[string, object, string]>([
  ['an unknown channel', { channels: ['gone'] }, 'channels.0'],
  ['an unknown site', { matchers: { sites: ['Atlantis'] } }, 'matchers.sites.0'],
  ['an unknown group', { matchers: { groups: ['x'] } }, 'matchers.groups.0'],
  ['an unknown rule', { matchers: { rules: ['x'] } }, 'matchers.rules.0'],
  ['an unknown severity', { matchers: { severities: ['bad'] } }, 'matchers.severities.0'],
  ['an unknown time zone', { quiet_hours: { ...quiet, timezone: 'Mars/Phobos' } }, 'quiet_hours.timezone'],
  ['an offset as a time zone', { quiet_hours: { ...quiet, timezone: '+02:00' } }, 'quiet_hours.timezone'],
  ['a time that is none', { quiet_hours: { ...quiet, from: '24:00' } }, 'quiet_hours.from'],
  ['quiet for ever', { quiet_hours: { ...quiet, to: '22:00' } }, 'quiet_hours.to'],
  ['an escalation to nobody', { escalate_after_minutes: 5 }, 'escalate_channels'],
  ['an escalation at no time', { escalate_channels: ['ops'] }, 'escalate_after_minutes'],
  ['a number out of range', { position: 1e12 }, 'position'],
  ['a name of two lines', { name: 'a\nb' }, 'name'],
  [
    'too many labels',
    { matchers: { labels: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`l${i}`, ''])) } },
    'matchers.labels',
  ],
])('refuses %s', async (_name, body, path) => {
  const answer = await make({ name: 'x', ...body });
  expect([answer.status, answer.errors?.[0]?.path]).toEqual([400, path]);
});

it('refuses a name twice, also at once, other roles, and ids that are none', async () => {
  const answers = await Promise.all([make({ name: 'same' }), make({ name: 'same' })]);
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
  expect(answers.find(({ status }) => status === 409)!.code).toBe('name_taken');
  expect((await lab.call('POST', '/notification-routes', { name: 'v' }, lab.viewer)).status).toBe(403);
  expect((await lab.call('GET', '/notification-routes', undefined, lab.viewer)).status).toBe(200);
  expect((await lab.call('GET', '/notification-routes/7')).status).toBe(400);
  expect((await lab.call('PATCH', `/notification-routes/${channel}`, {})).status).toBe(400);
});

it('keep what they name when it is renamed, and say what was deleted', async () => {
  await lab.database.query(
    `INSERT INTO sites (name) VALUES ('Old'); INSERT INTO groups (name) VALUES ('Core');
     INSERT INTO alert_rules (name, severity, scope, condition, expression) VALUES ('Down', 'high', '{}', '{}', '')`,
  );
  const made = await make({ name: 'r', matchers: { sites: ['Old'], groups: ['Core'], rules: ['Down'], tags: ['t'] } });
  expect(made.data).toMatchObject({ matchers: { sites: ['Old'], groups: ['Core'], rules: ['Down'] } });
  await lab.database.query(`UPDATE sites SET name = 'New' WHERE name = 'Old'; UPDATE alert_rules SET name = 'Gone'`);
  const path = `/notification-routes/${made.data.id}`;
  const matchers = { sites: ['New'], groups: ['Core'], rules: ['Gone'], tags: ['t'] };
  expect((await lab.call('GET', path)).data).toMatchObject({ matchers, missing_references: [] });
  const [{ id }] = await lab.database.query<[{ id: string }]>(`SELECT id FROM sites WHERE name = 'New'`);
  expect(await lab.database.query('SELECT matchers FROM notification_routes')).toMatchObject([
    { matchers: { sites: [id] } },
  ]);
  await lab.database.query(`DELETE FROM sites WHERE name = 'New'`);
  expect((await lab.call<object[]>('GET', '/notification-routes')).data[0]).toMatchObject({
    matchers: { sites: [id], rules: ['Gone'] },
    missing_references: [{ path: 'matchers.sites.0', message: `There is no site "${id}".` }],
  });
});
