import type { DataSource } from 'typeorm';
import type { DatabaseConnection } from '../../src/platform/database/connection.js';
import { channelHint } from '../../src/notifications/channels/channel-hint.store.js';
import { query, startTestPostgres, type TestPostgres } from '../support/postgres.js';

const NO_CHANNEL = /^Nobody is told of alerts yet: add a channel with POST \/api\/v1\/channels/;
const NO_DEFAULT = /^Nobody is told of alerts: no channel is the default one\. PATCH /;

// Real: PostgreSQL, the product's tables.
describe('the hint at a start', () => {
  let postgres: TestPostgres;
  let connection: DatabaseConnection;
  beforeAll(async () => {
    postgres = await startTestPostgres();
    connection = await postgres.createDatabase();
    await run(`INSERT INTO secret_keys (id, verifier) VALUES ('key', '\\x00')`);
  });
  afterAll(() => postgres?.stop());
  beforeEach(() => run('TRUNCATE alert_rules, notification_routes, channels CASCADE'));

  const run = (sql: string) => query(connection, sql);
  const hint = () => channelHint({ query: run } as unknown as DataSource);
  const channel = ({ enabled = true, isDefault = false } = {}) =>
    run(
      `INSERT INTO channels (name, kind, key_id, sealed, enabled, is_default)
       VALUES ('ops', 'webhook', 'key', '', ${enabled}, ${isDefault})`,
    );
  const route = (enabled = true) =>
    run(`INSERT INTO notification_routes (name, enabled, channel_ids) SELECT 'all', ${enabled}, array_agg(id) FROM channels`); // prettier-ignore
  const rule = (enabled = true) =>
    run(
      `INSERT INTO alert_rules (name, enabled, severity, scope, condition, expression, channel_ids)
       SELECT 'any', ${enabled}, 'high', '{}', '{}', '', array_agg(id) FROM channels`,
    );

  it('says that there is no channel, or none that is enabled', async () => {
    expect(await hint()).toMatch(NO_CHANNEL);
    await channel({ enabled: false, isDefault: true });
    expect(await hint()).toMatch(NO_CHANNEL);
    await route();
    await rule();
    expect(await hint()).toMatch(NO_CHANNEL);
  });

  it('says that a channel gets nothing, as none is the default one and nothing names it', async () => {
    await channel();
    expect(await hint()).toMatch(NO_DEFAULT);
    await route(false);
    await rule(false);
    expect(await hint()).toMatch(NO_DEFAULT);
  });

  it.each([
    ['is the default one', () => channel({ isDefault: true })],
    ['is named by a route', () => channel().then(() => route())],
    ['is named by a rule', () => channel().then(() => rule())],
  ])('is silent when a channel %s', async (_what, make) => {
    await make();
    expect(await hint()).toBeNull();
  });
});
