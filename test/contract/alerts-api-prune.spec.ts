import type { DataSource } from 'typeorm';
import { AlertRetention, type Pruned } from '../../src/alerts/ledger/alert-retention.store.js';
import { AlertsPruneProcessor } from '../../src/alerts/ledger/alerts-prune.processor.js';
import { readSettings } from '../../src/platform/config/read-settings.js';
import type { JobContext } from '../../src/platform/queue/job-handler.decorator.js';
import { AlertSeeds } from '../support/alert-seeds.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';

const DAY = 86_400;

describe('the retention of alerts', () => {
  let postgres: TestPostgres;
  let database: DataSource;
  let seeds: AlertSeeds;

  beforeAll(async () => {
    postgres = await startTestPostgres();
  });
  beforeEach(async () => {
    database = await postgres.openDataSource();
    seeds = new AlertSeeds(database);
  });
  afterEach(() => database.destroy());
  afterAll(() => postgres?.stop(), 60_000);

  const settings = readSettings({ SWARMWARD_ALERT_RETENTION_DAYS: '30' });
  const run = (signal = new AbortController().signal): Promise<Record<Pruned, number>> =>
    new AlertsPruneProcessor(new AlertRetention(database), settings).prune({}, { signal } as JobContext);
  const names = async (sql: string) => (await database.query<{ name: string }[]>(sql)).map(({ name }) => name);
  const alerts = () => names('SELECT target_name AS name FROM alerts ORDER BY 1');
  const resolved = (target: string, days: number) =>
    ({ target, state: 'resolved', firedAgo: (days + 1) * DAY, resolvedAgo: days * DAY }) as const;
  const outbox = (id: string, takenDays: number | null) =>
    database.query(
      `INSERT INTO alert_outbox (alert_id, kind, at, taken_at)
       VALUES ($1, 'firing', now(), now() - $2::float8 * interval '1 day')`,
      [id, takenDays],
    );
  const delivery = async (name: string, { state, days, of = [] }: { state: string; days: number; of?: string[] }) => {
    const [row] = await database.query<[{ id: string }]>(
      `INSERT INTO deliveries (channel_name, channel_kind, kind, severity, group_key, state, next_attempt_at, give_up_at, created_at,
         finished_at)
       SELECT $1, 'webhook', 'firing', 'high', '{}', $2, at, at, at, CASE WHEN $2 IN ('delivered', 'failed', 'cancelled') THEN at END
       FROM (SELECT now() - $3::float8 * interval '1 day' AS at) made RETURNING id`,
      [name, state, days],
    );
    await database.query(
      `INSERT INTO delivery_alerts (delivery_id, alert_id, fingerprint, at) SELECT $1, a, a::text, now() FROM unnest($2::uuid[]) a`,
      [row.id, of],
    );
    await database.query(
      `INSERT INTO delivery_attempts (delivery_id, number, at, duration_ms, outcome) VALUES ($1, 1, now(), 1, 'unknown')`,
      [row.id],
    );
  };

  it('takes what was resolved long ago with all that happened to it, and nothing that is open', async () => {
    const [old] = await seeds.add(
      resolved('old', 31),
      resolved('young', 29),
      { target: 'still fires', firedAgo: 100 * DAY },
      { target: 'still pending', state: 'pending', pendingAgo: 100 * DAY },
    );
    await outbox(old, 31);
    expect(await run()).toEqual({ outbox: 1, alerts: 1, deliveries: 0, silences: 0 });
    expect(await alerts()).toEqual(['still fires', 'still pending', 'young']);
    expect(await database.query('SELECT FROM alert_events')).toHaveLength(2);
    expect(await run()).toEqual({ outbox: 0, alerts: 0, deliveries: 0, silences: 0 });
  });

  it('leaves what somebody is still to be told of', async () => {
    const [untaken, waiting, , told] = await seeds.add(
      resolved('untaken', 40),
      resolved('waiting', 40),
      { ...resolved('sticky', 40), ack: { by: 'ann', until: DAY, sticky: true } },
      resolved('told', 40),
    );
    await outbox(untaken, null);
    await outbox(told, 40);
    for (const state of ['waiting', 'sending', 'retrying']) await delivery(state, { state, days: 40, of: [waiting] });
    for (const state of ['delivered', 'failed', 'cancelled']) await delivery(state, { state, days: 40, of: [told] });
    await delivery('shared', { state: 'delivered', days: 40, of: [told, waiting] });
    await delivery('alone and under way', { state: 'retrying', days: 40 });
    await delivery('alone', { state: 'delivered', days: 40 });
    await delivery('alone and young', { state: 'delivered', days: 20 });
    expect(await run()).toEqual({ outbox: 1, alerts: 1, deliveries: 4, silences: 0 });
    expect(await alerts()).toEqual(['sticky', 'untaken', 'waiting']);
    expect(await names('SELECT channel_name AS name FROM deliveries ORDER BY 1')).toEqual([
      'alone and under way',
      'alone and young',
      'retrying',
      'sending',
      'shared',
      'waiting',
    ]);
    expect(await database.query('SELECT FROM delivery_attempts')).toHaveLength(6);
    expect(await database.query('SELECT FROM alert_outbox')).toHaveLength(1);
  });

  it('keeps to whom an alert was told for as long as it fires', async () => {
    const [firing] = await seeds.add({ target: 'a', firedAgo: 400 * DAY });
    await delivery('opening', { state: 'delivered', days: 400, of: [firing] });
    await outbox(firing, 400);
    expect(await run()).toEqual({ outbox: 1, alerts: 0, deliveries: 0, silences: 0 });
  });

  it('takes silences that have long ended, and what the outbox gave out a week ago', async () => {
    await database.query(
      `INSERT INTO silences (matchers, starts_at, ends_at, author)
       SELECT '[]', now() - interval '90 days', now() + days * interval '1 day', days::text FROM unnest(ARRAY[-31, -29, 1]) days`,
    );
    const [id] = await seeds.add({ target: 'a' });
    for (const days of [8, 6]) await outbox(id, days);
    expect(await run()).toEqual({ outbox: 1, alerts: 0, deliveries: 0, silences: 1 });
    expect(await names('SELECT author AS name FROM silences ORDER BY ends_at')).toEqual(['-29', '1']);
  });

  it('goes in batches, and stops between two when the job must end', async () => {
    await seeds.add(...Array.from({ length: 2_500 }, (_, index) => resolved(`a${index}`, 31)));
    const stop = new AbortController();
    const retention = new AlertRetention(database);
    const prune = retention.prune.bind(retention);
    jest.spyOn(retention, 'prune').mockImplementation(async (what, days, limit) => {
      const gone = await prune(what, days, limit);
      if (what === 'alerts') stop.abort();
      return gone;
    });
    const stopped = new AlertsPruneProcessor(retention, settings).prune({}, { signal: stop.signal } as JobContext);
    await expect(stopped).rejects.toThrow('aborted');
    expect(await alerts()).toHaveLength(1_500);
    expect((await run()).alerts).toBe(1_500);
  });
});
