import { Logger } from '@nestjs/common';
import { Evaluator } from '../../src/alerts/evaluator/evaluator.service.js';
import { AlertFactsStore } from '../../src/alerts/outbox/alert-facts.store.js';
import { EvaluatorStatus } from '../../src/alerts/evaluator/evaluator-status.service.js';
import { readSettings } from '../../src/platform/config/read-settings.js';
import type { DatabaseConnection } from '../../src/platform/database/connection.js';
import { AdvisoryLock } from '../../src/platform/database/advisory-lock.store.js';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../src/platform/database/embedded/embedded-postgres.driver.js';
import { EventBus } from '../../src/platform/events/event-bus.store.js';
import { EventFeed } from '../../src/platform/events/event-feed.client.js';
import { Leadership, LeadershipTimes } from '../../src/platform/schedule/leadership.service.js';
import { AlertLab } from '../support/alert-lab.js';
import { eventually } from '../support/eventually.js';
import { RecordedLog, startTestPostgres, type TestPostgres } from '../support/postgres.js';

const TIMES: LeadershipTimes = { leaseMs: 15_000, lookEveryMs: 50, longestPauseMs: 400, farewellMs: 2_000 };

/** A scheduler as far as alerts are concerned. */
interface Watchdog {
  lab: AlertLab;
  status: EvaluatorStatus;
  feed: EventFeed;
  stop(): Promise<void>;
}

describe('the duty of the evaluator', () => {
  let postgres: TestPostgres;
  let restarted: EmbeddedPostgres | undefined;
  let lab: AlertLab;
  let log: RecordedLog;
  let running: Watchdog[] = [];

  beforeAll(async () => {
    postgres = await startTestPostgres();
  });
  beforeEach(async () => {
    log = new RecordedLog();
    Logger.overrideLogger(log);
    lab = await AlertLab.open(postgres);
  });
  afterEach(async () => {
    await Promise.all(running.map((each) => each.stop()));
    running = [];
  });
  afterAll(async () => {
    Logger.overrideLogger(false);
    await postgres.stop();
    await restarted?.stop();
  });

  const start = async (on = lab, { evaluationSeconds = 600 } = {}): Promise<Watchdog> => {
    const database = (on.database.driver as { database?: string }).database!;
    const connection: DatabaseConnection = { ...postgres.server.connection, database };
    const feed = new EventFeed(connection);
    const leadership = new Leadership(new AdvisoryLock(on.database), TIMES);
    const status = new EvaluatorStatus();
    const settings = readSettings({ SWARMWARD_EVALUATION_SECONDS: String(evaluationSeconds) });
    const evaluator = new Evaluator(leadership, feed, on.passes, status, settings);
    evaluator.onApplicationBootstrap();
    let stopped: Promise<void> | undefined;
    const stop = (): Promise<void> =>
      (stopped ??= leadership.beforeApplicationShutdown().then(() => feed.onApplicationShutdown()));
    const watchdog = { lab: on, status, feed, stop };
    running.push(watchdog);
    // What is told from now on is heard; the pass for what may have been told before is under way.
    await eventually(() => expect(feed.isListening).toBe(true));
    return watchdog;
  };
  const quiet = async ({ status }: Watchdog): Promise<void> =>
    eventually(() => {
      expect(status.isLeading).toBe(true);
      // No pass for a moment, and for longer than the rest after one: what was due has been done.
      expect(status.lastPassAgeMs()).toBeGreaterThan(300 + 2 * (status.lastPass?.durationMs ?? 0));
    });

  it('judges at once after each notice of what may have changed something, and not twice for its own', async () => {
    const [num] = await lab.addDevices(1);
    await lab.addRule({ name: 'Down' });
    const watchdog = await start();
    await quiet(watchdog);
    const bus = new EventBus(lab.database);
    const notices = [
      { kind: 'probe_cycle', cycle: 'ping-30', shard: 0, due_at: new Date().toISOString(), events: null },
      { kind: 'swarm_published', revision: 'r' },
      { kind: 'swarm_refresh_failed' },
      { kind: 'alert_rules_changed' },
      { kind: 'silences_changed' },
      { kind: 'inventory_changed' },
      { kind: 'maintenance_changed' },
    ] as const;
    for (const [index, notice] of notices.entries()) {
      await quiet(watchdog);
      const down = index % 2 === 0;
      lab.signals.set('device.down_seconds', num!, down ? 60 : 0);
      const reads = lab.signals.reads;
      await bus.publish(notice);
      await eventually(async () => expect(await lab.count('alerts', `state = 'firing'`)).toBe(down ? 1 : 0));
      await quiet(watchdog);
      // The notice of what it wrote itself brings no further pass.
      expect(lab.signals.reads).toBe(reads + 1);
    }
    expect(log.lines.filter((line) => /fired|resolved/.test(line)).slice(0, 2)).toEqual([
      '1 alert fired; 1 fires now',
      '1 alert resolved; none fire now',
    ]);
  });

  it('tells anew at once what was held back as it went out, when nothing keeps it back any more', async () => {
    const [num] = await lab.addDevices(1);
    await lab.addRule({ name: 'Down' });
    lab.signals.set('device.down_seconds', num!, 60);
    const watchdog = await start();
    await eventually(async () => expect(await lab.outbox()).toEqual(['firing Device 1']));
    await quiet(watchdog);
    const [{ id }] = await lab.database.query<[{ id: string }]>('SELECT id FROM alerts');
    await new AlertFactsStore().untell([id], lab.database.manager);
    await eventually(async () => expect(await lab.outbox()).toEqual(['firing Device 1', 'firing Device 1']));
  });

  it('makes one further pass after a change by hand that it did not read', async () => {
    const [num] = await lab.addDevices(1);
    await lab.addRule({ name: 'Down' });
    lab.signals.set('device.down_seconds', num!, 60);
    const watchdog = await start();
    await eventually(async () => expect(await lab.outbox()).toEqual(['firing Device 1']));
    await quiet(watchdog);
    const { reads } = lab.signals;
    let heard = 0;
    watchdog.feed.on('alerts_changed', () => heard++);
    lab.signals.before = async () => {
      if (lab.signals.reads > reads + 1) return;
      // A resolve by hand of what still fires.
      await lab.database.query(`UPDATE alerts SET state = 'resolved', resolution = 'manual', resolved_at = now()`);
      await new EventBus(lab.database).publish({ kind: 'alerts_changed', first: 0, last: 0, count: 1 });
      await eventually(() => expect(heard).toBe(1));
    };
    await new EventBus(lab.database).publish({ kind: 'swarm_refresh_failed' });
    await eventually(async () => expect(await lab.outbox()).toEqual(['firing Device 1', 'firing Device 1']));
  });

  it('holds back at once what is in a maintenance that was made a moment ago', async () => {
    const [num] = await lab.addDevices(1);
    await lab.addRule({ name: 'Down' });
    const watchdog = await start();
    await quiet(watchdog);
    // It is known that there is none.
    await lab.calendar.at(new Date());
    lab.signals.set('device.down_seconds', num!, 60);
    await lab.database.query(
      `INSERT INTO maintenance_windows (name, scope, starts_at, ends_at) VALUES ('Reboot', '{"all": true}', now(), now() + interval '1 hour')`,
    );
    await new EventBus(lab.database).publish({ kind: 'maintenance_changed' });
    await eventually(async () => expect(await lab.alerts()).toMatchObject([{ suppressed_by: 'maintenance' }]));
    await lab.database.query('DELETE FROM maintenance_windows');
    await new EventBus(lab.database).publish({ kind: 'maintenance_changed' });
    await eventually(async () => expect(await lab.outbox()).toEqual(['firing Device 1']));
  });

  it('makes one further pass of all that comes while one runs', async () => {
    await lab.addDevices(1);
    await lab.addRule({ name: 'Down' });
    const watchdog = await start();
    await quiet(watchdog);
    let atOnce = 0;
    let most = 0;
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    lab.signals.before = async () => {
      most = Math.max(most, ++atOnce);
      await held;
      atOnce--;
    };
    const { reads } = lab.signals;
    const bus = new EventBus(lab.database);
    let heard = 0;
    watchdog.feed.on('swarm_refresh_failed', () => heard++);
    await bus.publish({ kind: 'swarm_refresh_failed' });
    await eventually(() => expect(lab.signals.reads).toBe(reads + 1));
    for (let time = 0; time < 20; time++) await bus.publish({ kind: 'swarm_refresh_failed' });
    await eventually(() => expect(heard).toBe(21));
    letGo();
    await eventually(() => expect(lab.signals.reads).toBe(reads + 2));
    await quiet(watchdog);
    expect(lab.signals.reads).toBe(reads + 2);
    expect(most).toBe(1);
  });

  it('judges again when a timer ripens, long before the next tick', async () => {
    const [num] = await lab.addDevices(1);
    await lab.addRule({ name: 'Down', for: 1 });
    lab.signals.set('device.down_seconds', num!, 3_600);
    // The next tick is 10 min away.
    await start();
    await eventually(async () => expect(await lab.outbox()).toEqual(['firing Device 1']));
  });

  it('has one judge of two; the other goes on where it ended, and nobody is told twice', async () => {
    const [num] = await lab.addDevices(1);
    await lab.addRule({ name: 'Down', for: 1 });
    lab.signals.set('device.down_seconds', num!, 60);
    const other = new AlertLab(
      await postgres.openDataSource({
        connection: {
          ...postgres.server.connection,
          database: (lab.database.driver as { database?: string }).database!,
        },
        entities: lab.database.options.entities as (new () => object)[],
      }),
    );
    other.signals.devices.push(num!);
    other.signals.set('device.down_seconds', num!, 60);
    const first = await start();
    await eventually(() => expect(first.status.lastPass).not.toBeNull());
    const second = await start(other);
    // Gone in the middle of what it waits for.
    await first.stop();
    expect(first.status.isLeading).toBe(false);
    expect(first.status.lastPassAgeMs()).toBeNull();
    await eventually(async () => expect(await lab.outbox()).toEqual(['firing Device 1']));
    // Written first, then reported.
    await eventually(() => expect(second.status.lastPass).toMatchObject({ firing: 1, rules: 1 }));
    await quiet(second);
    expect(await lab.outbox()).toEqual(['firing Device 1']);
    expect(other.signals.reads).toBeGreaterThan(0);
  });

  it('lets a pass go that hangs when the lead is lost, and what it writes then is refused', async () => {
    const [num] = await lab.addDevices(1);
    await lab.addRule({ name: 'Down' });
    const watchdog = await start();
    await quiet(watchdog);
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    lab.signals.before = () => held;
    lab.signals.set('device.down_seconds', num!, 60);
    const { reads } = lab.signals;
    const passing = jest.spyOn(lab.passes, 'run');
    await new EventBus(lab.database).publish({ kind: 'swarm_refresh_failed' });
    await eventually(() => expect(lab.signals.reads).toBe(reads + 1));
    await watchdog.stop();
    letGo();
    expect(watchdog.status.isLeading).toBe(false);
    await expect(passing.mock.results[0]!.value).rejects.toHaveProperty('message');
    expect(await lab.alerts()).toEqual([]);
  });

  it('goes on by itself after an outage of the database, and says once that there was one', async () => {
    const [num] = await lab.addDevices(1);
    await lab.addRule({ name: 'Down' });
    const watchdog = await start(lab, { evaluationSeconds: 1 });
    await eventually(() => expect(watchdog.status.lastPass).not.toBeNull());
    lab.signals.set('device.down_seconds', num!, 60);
    await postgres.server.stop();
    await eventually(() => expect(watchdog.status.lastPassAgeMs()).toBeNull());
    await eventually(() => expect(log.lines.join('\n')).toContain('The lead of the watchdog is not available'));
    restarted = await startEmbeddedPostgres({ dataDir: postgres.server.dataDir, log: new RecordedLog() });
    await eventually(async () => expect(await lab.outbox()).toEqual(['firing Device 1']));
    for (const line of ['The lead of the watchdog is not', 'The evaluation of alert rules is not']) {
      expect(log.lines.filter((each) => each.startsWith(line)).length).toBeLessThanOrEqual(1);
    }
  });
});
