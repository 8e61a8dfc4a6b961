import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { DeviceLab } from '../support/device-lab.js';
import { eventually } from '../support/eventually.js';
import { FakeFpings, missingFping } from '../support/fake-fping.js';
import { databaseUrl, Product } from '../support/product.js';
import { KillablePostgres } from '../support/queue-postgres.js';
import { describeWith } from '../support/requires.js';

jest.setTimeout(180_000);

const DEVICES = 200;
const INTERVAL_SECONDS = 3;
const KIND = `ping-${INTERVAL_SECONDS}`;
/** A turn begins so long after it was due at most, if the machine is not busy with something else just then. */
const LATEST_START_MS = 1_000;
const BUSY_START_MS = 2_500;

interface Turn {
  due_at: Date;
  started_at: Date;
  targets: number;
  answered: number;
}

/** An API, two schedulers and two workers, on a PostgreSQL that can be killed. */
describeWith('a distributed installation', missingFping(), () => {
  const fpings = new FakeFpings();
  let postgres: KillablePostgres;
  let api: Product;
  let schedulers: Product[];
  let workers: Product[];
  let lab: DeviceLab;
  let noted: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    postgres = await KillablePostgres.create();
    // Says which worker it pings for.
    const path = fpings.script('echo $PPID >"$DIR/$$"; mv "$DIR/$$" "$DIR/worker"; exec fping "$@"');
    noted = join(path, '..', 'worker');
    env = {
      DATABASE_URL: databaseUrl(postgres.config),
      SWARMWARD_FPING_PATH: path,
      SWARMWARD_PING_INTERVAL_SECONDS: String(INTERVAL_SECONDS),
      SWARMWARD_RATE_LIMIT_PER_MINUTE: '100000',
    };
    api = await Product.start({ env: { ...env, SWARMWARD_ROLE: 'api' } });
    lab = new DeviceLab(api);
    schedulers = await Promise.all([start('scheduler'), start('scheduler')]);
    workers = await Promise.all([start('worker'), start('worker')]);
    await lab.create('/api/v1/profiles', { name: 'fast', packets: 2, timeout_ms: 900, is_default: true });
    await lab.import(
      Array.from({ length: DEVICES }, (_, index) => ({ name: `host-${index}`, ip: `127.0.2.${index + 1}` })),
    );
    await eventually(async () => expect(await lab.tally()).toEqual({ up: DEVICES }), { timeoutMs: 60_000 });
  });
  afterAll(async () => {
    await Promise.all([...(workers ?? []), ...(schedulers ?? []), api].map((process) => process?.stop()));
    await postgres?.remove();
    fpings.remove();
  });

  function start(role: 'worker' | 'scheduler'): Promise<Product> {
    return Product.start({ env: { ...env, SWARMWARD_ROLE: role, SWARMWARD_WORKER_QUEUES: 'ping,maintenance' } });
  }
  /** Turns that are written, oldest first, from the first that all devices were part of. */
  const turns = (): Promise<Turn[]> =>
    postgres.query<Turn>(
      `SELECT due_at, started_at, targets, answered FROM cycles WHERE kind = $1 AND targets > 0 ORDER BY due_at`,
      [KIND],
    );
  const dueOf = (list: Turn[]): number[] => list.map(({ due_at }) => due_at.getTime());
  /** Whole, with every device exactly once; what is of no turn, is of half a turn or is there twice is named. */
  async function expectWhole(): Promise<void> {
    const [loose] = await postgres.query<{ loose: number }>(
      `SELECT count(*)::int AS loose FROM ping_results r WHERE NOT EXISTS (
         SELECT FROM cycles c WHERE c.kind = $1 AND r.ts >= c.started_at AND r.ts < c.due_at + make_interval(secs => c.interval_seconds))`,
      [KIND],
    );
    const odd = await postgres.query(
      `SELECT c.due_at, c.targets, count(r) AS rows, count(DISTINCT r.device_num) AS devices FROM cycles c
       LEFT JOIN ping_results r ON r.ts >= c.started_at AND r.ts < c.due_at + make_interval(secs => c.interval_seconds)
       WHERE c.kind = $1 GROUP BY c.due_at, c.targets
       HAVING count(r) <> c.targets OR count(DISTINCT r.device_num) <> c.targets`,
      [KIND],
    );
    expect({ loose, odd }).toEqual({ loose: { loose: 0 }, odd: [] });
  }
  /** What is between the first and the last turn is done or missed, never both. */
  async function expectNoHoles(): Promise<number[]> {
    const done = dueOf(await turns());
    const misses = await postgres.query<{ due_at: Date }>(
      'SELECT due_at FROM cycle_misses WHERE kind = $1 ORDER BY due_at',
      [KIND],
    );
    const missed = misses.map(({ due_at }) => due_at.getTime());
    const wanted: number[] = [];
    for (let due = done[0]!; due <= done.at(-1)!; due += INTERVAL_SECONDS * 1_000) wanted.push(due);
    expect([...done, ...missed.filter((due) => due <= done.at(-1)!)].sort((a, b) => a - b)).toEqual(wanted);
    return missed;
  }
  /** Waits until fping has begun, for a turn that is new. @returns the worker it pings for */
  async function pinging(): Promise<Product> {
    const before = statSync(noted).mtimeMs;
    await eventually(() => expect(statSync(noted).mtimeMs).toBeGreaterThan(before), { everyMs: 5 });
    const pid = Number(readFileSync(noted, 'utf8'));
    return workers.find(({ child }) => child.pid === pid)!;
  }
  /** Holds commits of turns right before their end: every row is written, nothing is visible. */
  const holdCommits = () =>
    postgres.query(`
      CREATE TABLE gate (open bool); INSERT INTO gate VALUES (false);
      CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        WHILE NOT (SELECT open FROM gate) LOOP PERFORM pg_sleep(0.01); END LOOP;
        RETURN NULL;
      END $$;
      CREATE CONSTRAINT TRIGGER hold AFTER UPDATE ON cycles DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hold()`);
  const openGate = () => postgres.query('UPDATE gate SET open = true');
  const untilCommitIsHeld = () =>
    eventually(async () =>
      expect(
        await postgres.query(`SELECT FROM pg_stat_activity WHERE state = 'active' AND query = 'COMMIT'`),
      ).toHaveLength(1),
    );
  const events = (since: Date) =>
    postgres.query(
      'SELECT to_state, cause, count(*)::int AS devices FROM state_events WHERE recorded_at > $1 GROUP BY 1, 2 ORDER BY 1 DESC',
      [since],
    );

  it('probes every device exactly once a cycle, each cycle within a second of its due time', async () => {
    const six = await eventually(
      async () => {
        const done = await turns();
        expect(done.length).toBeGreaterThanOrEqual(6);
        return done;
      },
      { timeoutMs: 60_000 },
    );
    expect(six.map(({ targets, answered }) => [targets, answered])).toEqual(six.map(() => [DEVICES, DEVICES]));
    const lags = six.map(({ due_at, started_at }) => started_at.getTime() - due_at.getTime());
    expect(Math.min(...lags)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...lags)).toBeLessThan(BUSY_START_MS);
    expect(lags.filter((lag) => lag >= LATEST_START_MS).length).toBeLessThanOrEqual(1);
    expect(await expectNoHoles()).toEqual([]);
    await expectWhole();
  });

  it('whose worker is killed with -9 in the middle of a cycle goes on with the next one in time', async () => {
    const since = new Date();
    const lags: number[] = [];
    for (const place of ['pings', 'writes']) {
      const victim = await pinging();
      if (place === 'writes') {
        await holdCommits();
        await untilCommitIsHeld();
      }
      const at = Date.now();
      await victim.stop('SIGKILL');
      if (place === 'writes') {
        await expectWhole();
        await openGate();
      }
      const next = await eventually(
        async () => {
          const after = (await turns()).find(({ due_at }) => due_at.getTime() > at);
          expect(after).toBeDefined();
          return after!;
        },
        { timeoutMs: 40_000 },
      );
      expect(next.due_at.getTime() - at).toBeLessThanOrEqual(INTERVAL_SECONDS * 1_000);
      lags.push(next.started_at.getTime() - next.due_at.getTime());
      expect(next).toMatchObject({ targets: DEVICES, answered: DEVICES });
      await expectWhole();
      workers[workers.indexOf(victim)] = await start('worker');
    }
    expect(Math.min(...lags)).toBeLessThan(LATEST_START_MS);
    expect(Math.max(...lags)).toBeLessThan(BUSY_START_MS);
    await expectNoHoles();
    expect(await events(since)).toEqual([]);
  });

  it('whose PostgreSQL is killed under load and comes back resumes by itself, and tells what it missed', async () => {
    const since = new Date();
    const missedBefore = (await expectNoHoles()).length;
    const asked = new AbortController();
    const readers = Array.from({ length: 3 }, async () => {
      while (!asked.signal.aborted) {
        await api.fetch('/api/v1/devices/standalone/list').then((answer) => answer.text());
        await pause(20);
      }
    });
    await pinging();
    await postgres.kill();
    const lost = Date.now();
    // Two turns fall due meanwhile, whatever happens to the one that was on its way.
    await eventually(() => expect(Date.now() - lost).toBeGreaterThan(2 * INTERVAL_SECONDS * 1_000), {
      timeoutMs: 30_000,
    });
    await postgres.start();
    const back = Date.now();
    await eventually(
      async () => {
        const after = (await turns()).filter(({ due_at }) => due_at.getTime() > back);
        expect(after.length).toBeGreaterThanOrEqual(2);
        expect(after.at(-1)).toMatchObject({ targets: DEVICES, answered: DEVICES });
      },
      { timeoutMs: 60_000 },
    );
    asked.abort();
    await Promise.all(readers);
    // On a busy machine one more may be missed between the answers.
    await eventually(async () => {
      const missed = (await expectNoHoles()).length;
      expect(missed - missedBefore).toBeGreaterThanOrEqual(1);
      const { schedules } = await lab.probes();
      expect(schedules).toMatchObject([{ kind: 'ping', shard: 0, devices: DEVICES, missed_last_hour: missed }]);
      expect((await lab.cycles('&missed=true')).length).toBe(missed);
    });
    expect(await lab.icmpHealth()).toMatch(/^degraded.*missed in the last 5 minutes/);
    await expectWhole();
    // Nobody probed for so long that nothing was known, and that is what is on record: never a down.
    const told = (await events(since)) as { to_state: string; cause: string }[];
    const knownCauses = told.map(({ to_state: state, cause }) => `${state} by ${cause}`);
    expect(['unknown by not_probed', 'up by probe']).toEqual(expect.arrayContaining(knownCauses));
    await eventually(async () => expect(await lab.tally()).toEqual({ up: DEVICES }));
  });
});
