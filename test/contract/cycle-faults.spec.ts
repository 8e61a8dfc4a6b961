import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { runMigrations } from '../../src/platform/database/run-migrations.driver.js';
import { CycleLab } from '../support/cycle-lab.js';
import { eventually } from '../support/eventually.js';
import { KillablePostgres } from '../support/queue-postgres.js';

const DEVICES = 300;

describe('a cycle whose database fails', () => {
  let postgres: KillablePostgres;
  let database: DataSource;
  let lab: CycleLab;

  beforeEach(async () => {
    Logger.overrideLogger(false);
    postgres = await KillablePostgres.create();
    const silent = { log: () => undefined, warn: () => undefined, error: () => undefined };
    await runMigrations(postgres.config, { log: silent });
    const { user, ...address } = postgres.config;
    database = await new DataSource({
      type: 'postgres',
      ...address,
      username: user,
      installExtensions: false,
      poolErrorHandler: () => undefined,
      extra: { max: 5, connectionTimeoutMillis: 10_000 },
    }).initialize();
    lab = new CycleLab(database);
    await lab.add(...Array.from({ length: DEVICES }, (_, index) => ({ name: `d${index}` })));
    await lab.run(0);
  }, 90_000);
  afterEach(async () => {
    jest.restoreAllMocks();
    await database?.destroy().catch(() => undefined);
    await postgres?.remove();
  });

  /** Holds the commit right before its end: every row is written, nothing is visible. */
  async function holdCommits(): Promise<void> {
    await postgres.query(`
      CREATE TABLE gate (open bool); INSERT INTO gate VALUES (false);
      CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        WHILE NOT (SELECT open FROM gate) LOOP PERFORM pg_sleep(0.02); END LOOP;
        RETURN NULL;
      END $$;
      CREATE CONSTRAINT TRIGGER hold AFTER UPDATE ON cycles DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hold()`);
  }
  const openGate = () => postgres.query('UPDATE gate SET open = true');
  const held = () =>
    eventually(async () => {
      const rows = await postgres.query<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query = 'COMMIT'`,
      );
      expect(rows).toHaveLength(1);
      return (rows[0] as { pid: number }).pid;
    });

  async function expectWhole(turns: number): Promise<void> {
    expect(await lab.count('cycles')).toBe(turns);
    expect(await lab.count('ping_results')).toBe(turns * DEVICES);
    expect(await lab.count('device_state', `oks = ${turns}`)).toBe(DEVICES);
    expect(await lab.count('state_events')).toBe(turns > 1 ? DEVICES : 0);
  }

  it('is written once and whole when its session is killed in the middle of the commit', async () => {
    await holdCommits();
    const run = lab.run(1);
    const pid = await held();
    await expectWhole(1);
    await openGate();
    await postgres.query('SELECT pg_terminate_backend($1)', [pid]);
    expect(await run).toMatchObject({ kind: expect.stringMatching(/done|repeated/) });
    // The commit may have been over, and the session in the pool, which does not know yet that it is gone.
    await eventually(() => expectWhole(2));
  });

  it('is absent when its worker dies with it', async () => {
    await holdCommits();
    jest.spyOn(lab.store, 'commit').mockImplementationOnce(async (probed) => {
      const store = Object.getPrototypeOf(lab.store) as typeof lab.store;
      await store.commit.call(lab.store, probed).catch(() => undefined);
      throw new Error('the worker is dead');
    });
    const run = lab.run(1).catch((error: Error) => error.message);
    const pid = await held();
    await postgres.query('SELECT pg_terminate_backend($1)', [pid]);
    expect(await run).toBe('the worker is dead');
    await expectWhole(1);
    await openGate();
    expect(await lab.run(1)).toMatchObject({ kind: 'done' });
    await expectWhole(2);
  });

  it('is written when PostgreSQL is back in time, and cycles go on', async () => {
    lab.drivers.icmp.before = async () => {
      await postgres.kill();
      void postgres.start();
    };
    expect(await lab.run(1)).toMatchObject({ kind: 'done' });
    await expectWhole(2);
    lab.drivers.icmp.before = async () => undefined;
    expect(await lab.run(2)).toMatchObject({ kind: 'done' });
    await expectWhole(3);
  });

  it('is counted as missed when PostgreSQL is away for longer than its interval', async () => {
    lab = new CycleLab(database, { SWARMWARD_PING_INTERVAL_SECONDS: '4' }, 4);
    await lab.run(0);
    lab.drivers.icmp.before = () => postgres.shutDown();
    await expect(lab.run(1)).rejects.toHaveProperty('message');
    await postgres.start();
    lab.drivers.icmp.before = async () => undefined;
    expect(await lab.run(2)).toMatchObject({ kind: 'done' });
    expect(await database.query('SELECT due_at, reason FROM cycle_misses')).toEqual([
      { due_at: lab.dueAt(1), reason: 'not_run' },
    ]);
  });

  it('is given back when its worker stops', async () => {
    const stop = new AbortController();
    lab.drivers.icmp.before = async () => stop.abort(new Error('stopping'));
    await expect(lab.run(1, { signal: stop.signal })).rejects.toThrow('stopping');
    await expectWhole(1);
    lab.drivers.icmp.before = async () => undefined;
    expect(await lab.run(1)).toMatchObject({ kind: 'done' });
  });
});
