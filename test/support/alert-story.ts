import type { DataSource, EntityManager } from 'typeorm';
import { type AckTerms, AlertActionStore } from '../../src/alerts/ledger/alert-actions.store.js';
import type { PassRunner } from '../../src/alerts/evaluator/pass-runner.service.js';
import type { Dispatcher } from '../../src/notifications/dispatch/dispatcher.service.js';
import { AlertLab, openAlertDatabase } from './alert-lab.js';
import { DispatchLab } from './dispatch-lab.js';
import { eventually } from './eventually.js';
import type { TestPostgres } from './postgres.js';

/** What is still to be done at once, whoever does it. */
const LEFT = `SELECT (SELECT count(*) FROM alert_outbox WHERE taken_at IS NULL)
  + (SELECT count(*) FROM deliveries WHERE state = 'sending' OR (state IN ('waiting', 'retrying') AND next_attempt_at <= clock_timestamp()))
  + (SELECT count(*) FROM alert_follow_ups WHERE due_at <= clock_timestamp()) AS left`;

const TIMES = {
  alerts:
    'pending_since fired_at resolved_at clear_since recovering_since announced_at evaluated_at ack_at ack_until created_at',
  silences: 'starts_at ends_at',
  alert_outbox: 'at',
};

/** What begins or ends within it counts as now. */
const MOMENT_MS = 10;

/** The evaluator and the dispatcher on one database, step by step; a receiver that keeps what it is told. */
export class AlertStory {
  readonly alerts: AlertLab;
  readonly notices: DispatchLab;
  private readonly actions = new AlertActionStore();
  private passes: PassRunner;
  private dispatcher: Dispatcher;

  private constructor(
    readonly database: DataSource,
    environment: Record<string, string>,
  ) {
    this.alerts = new AlertLab(database);
    this.notices = new DispatchLab(database, environment);
    this.passes = this.alerts.passes;
    this.dispatcher = this.notices.dispatcher();
  }

  /** On a database of its own, with the default channel `ops`. */
  static async open(postgres: TestPostgres, environment: Record<string, string> = {}): Promise<AlertStory> {
    const story = new AlertStory(await openAlertDatabase(postgres), environment);
    await story.notices.channel('ops');
    return story;
  }

  /** `kind:alerts` of what arrived at `ops`, in order. */
  get told(): string[] {
    return this.notices.receiver.told('ops');
  }

  /** Passes until nothing is left to judge; then the dispatcher tells all that is due, and rests until the next time. */
  async pass(): Promise<void> {
    for (;;) {
      const { isUnfinished, nextDueInMs } = await this.alerts.pass(this.passes);
      if (!isUnfinished && (nextDueInMs ?? Infinity) > MOMENT_MS) break;
    }
    this.notices.start(this.dispatcher);
    const check = async () => {
      const [{ left }] = await this.database.query<[{ left: string }]>(LEFT);
      if (left !== '0') throw new Error(`${left} things are still to be told`);
    };
    await eventually(check, { everyMs: 10 });
    await this.notices.stop();
  }

  /** Another process takes over that knows nothing. */
  restart(): void {
    this.passes = this.alerts.newRunner();
    this.dispatcher = this.notices.dispatcher();
  }

  /** The process ends with all that is due in its hands, and another takes over once its time is over. */
  async die(): Promise<void> {
    await this.alerts.pass(this.passes);
    await this.notices.planner().takeOutbox();
    const channels = await this.database.query<{ channelId: string }[]>('SELECT id AS "channelId" FROM channels');
    await this.notices.claimer().claim(channels.map((channel) => ({ ...channel, free: 100, enabled: true })));
    await this.database.query(
      `UPDATE deliveries SET locked_until = now(), next_attempt_at = now() WHERE state = 'sending'`,
    );
    this.restart();
  }

  /** As if so much time had passed. */
  async later(seconds: number): Promise<void> {
    for (const [table, columns] of Object.entries(TIMES)) {
      const older = columns.split(' ').map((column) => `${column} = ${column} - make_interval(secs => $1)`);
      await this.database.query(`UPDATE ${table} SET ${older.join(', ')}`, [seconds]);
    }
    await this.notices.skip(seconds);
  }

  /** Whether the values of a device say that it is down; passes see it. */
  setDown(num: number, isDown: boolean): void {
    this.alerts.signals.set('device.down_seconds', num, isDown ? 60 : 0);
    this.alerts.signals.set('device.state_code', num, isDown ? 1 : 0);
  }

  /** From now on. @param name of the device */
  async silence(name: string, seconds: number): Promise<void> {
    await this.database.query(
      'INSERT INTO silences (matchers, starts_at, ends_at) VALUES ($1, now(), now() + make_interval(secs => $2))',
      [JSON.stringify([{ name: 'device', op: '=', value: name }]), seconds],
    );
  }

  /** As the API does. @param name of the target of an alert that fires */
  acknowledge(name: string, terms: Partial<AckTerms> = {}): Promise<void> {
    const all = { sticky: false, ...terms };
    return this.act(name, (id, manager) => this.actions.acknowledge(id, 'me', all, manager));
  }

  takeBack(name: string): Promise<void> {
    return this.act(name, (id, manager) => this.actions.takeBack(id, 'me', 'me', manager));
  }

  resolve(name: string): Promise<void> {
    return this.act(name, (id, manager) => this.actions.resolve(id, 'me', null, manager));
  }

  async end(): Promise<void> {
    await this.notices.stop();
    if (this.database.isInitialized) await this.database.destroy();
  }

  private async act(name: string, work: (id: string, manager: EntityManager) => Promise<unknown>): Promise<void> {
    await this.database.transaction(async (manager) => {
      const [alert] = await manager.query<{ id: string }[]>(
        `SELECT id FROM alerts WHERE target_name = $1 AND state = 'firing' FOR UPDATE`,
        [name],
      );
      if (!alert) throw new Error(`No alert of ${name} fires`);
      await work(alert.id, manager);
    });
  }
}
