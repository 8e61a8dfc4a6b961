import type { DataSource } from 'typeorm';
import { CalendarStore } from '../../src/devices/calendar/calendar.store.js';
import type { Matcher } from '../../src/alerts/engine/matcher.js';
import { MaintenanceWindow } from '../../src/devices/calendar/maintenance-window.entity.js';
import { MaintenanceCalendar } from '../../src/devices/calendar/maintenance-calendar.service.js';
import type { SignalSource } from '../../src/metrics/signal-source.port.js';
import { SignalSources } from '../../src/metrics/signal-sources.service.js';
import { AlertInventoryStore } from '../../src/alerts/evaluator/inventory.store.js';
import { AlertWriteStore } from '../../src/alerts/evaluator/alert-write.store.js';
import { type PassReport, PassRunner } from '../../src/alerts/evaluator/pass-runner.service.js';
import { SignalReader, SignalReaderTimes } from '../../src/alerts/evaluator/signal-reader.service.js';
import { type Situation, SituationStore } from '../../src/alerts/evaluator/situation.store.js';
import type { Condition } from '../../src/alerts/engine/condition.js';
import type { Scope } from '../../src/alerts/engine/rule.js';
import type { TestPostgres } from './postgres.js';
import { ScriptedSignals } from './scripted-signals.js';

/** Times are seconds; what is left out is as a new rule has it. */
export interface RuleSeed {
  name: string;
  condition?: Condition;
  scope?: Scope;
  severity?: string;
  for?: number;
  recovery?: Condition;
  recoveryFor?: number;
  keepFiring?: number;
  noData?: 'ok' | 'alert' | 'keep';
  groupBy?: string[];
  enabled?: boolean;
}

/** A row of `alerts`, as far as tests ask. */
export interface AlertRow {
  id: string;
  fingerprint: string;
  rule_id: string | null;
  rule_name: string;
  target_key: string;
  target_name: string;
  device_num: number | null;
  site_name: string | null;
  state: 'pending' | 'firing' | 'resolved';
  resolution: string | null;
  pending_since: Date;
  fired_at: Date | null;
  resolved_at: Date | null;
  announced_at: Date | null;
  ack_by: string | null;
  ack_at: Date | null;
  ack_sticky: boolean;
  suppressed_by: string | null;
  summary: string;
  value: number | null;
}

/** A new database with what the lab's parts need to know of it. */
export function openAlertDatabase(postgres: TestPostgres): Promise<DataSource> {
  return postgres.openDataSource({ entities: [MaintenanceWindow] });
}

/** Device down, as everybody has it. */
export const DOWN: Condition = { metric: 'device.down_seconds', op: '>=', value: 60 };

/** Tells the time that a test has set. */
class ClockedSituations extends SituationStore {
  constructor(
    database: DataSource,
    private readonly lab: AlertLab,
  ) {
    super(database);
  }

  override async read(withRules: boolean): Promise<Situation> {
    const situation = await super.read(withRules);
    return { ...situation, now: this.lab.now?.getTime() ?? situation.now };
  }
}

/**
 * The evaluator without its duty: passes are run one by one, on a real database. Values come from `signals`, or from sources of the
 * test's own. Time is the database's, unless a test sets it: {@link AlertLab.age} makes alerts older.
 */
export class AlertLab {
  readonly signals = new ScriptedSignals();
  readonly calendar: MaintenanceCalendar;
  readonly passes: PassRunner;
  /** What passes take for now; null: what the database says. */
  now: Date | null = null;

  constructor(
    /** With the entity `MaintenanceWindow`. */
    readonly database: DataSource,
    private readonly sources: readonly SignalSource[] = [],
    private readonly times: Partial<SignalReaderTimes> = {},
  ) {
    this.calendar = new MaintenanceCalendar(new CalendarStore(database));
    this.passes = this.newRunner();
  }

  /** On a database of its own. */
  static async open(postgres: TestPostgres): Promise<AlertLab> {
    return new AlertLab(await openAlertDatabase(postgres));
  }

  /** As another process has it: knows nothing yet. */
  newRunner(): PassRunner {
    const sources = new SignalSources();
    for (const source of this.sources.length > 0 ? this.sources : [this.signals]) sources.register(source);
    return new PassRunner(
      new ClockedSituations(this.database, this),
      new AlertInventoryStore(this.database),
      this.calendar,
      new SignalReader(sources, { ...new SignalReaderTimes(), ...this.times }),
      sources,
      new AlertWriteStore(),
    );
  }

  /** Rules, inventory and maintenance are read anew. */
  forget(): void {
    this.passes.forgetRules();
    this.passes.forgetInventory();
    this.calendar.forget();
  }

  /** One pass. */
  pass(runner = this.passes): Promise<PassReport> {
    return runner.run(this.database.manager);
  }

  /** @returns its id */
  async addRule({
    name,
    condition = DOWN,
    scope = { kind: 'devices', selector: { all: true } },
    ...rest
  }: RuleSeed): Promise<string> {
    const [row] = await this.database.query<[{ id: string }]>(
      `INSERT INTO alert_rules (name, severity, scope, condition, expression, for_seconds, recovery_condition, recovery_for_seconds,
                                keep_firing_seconds, no_data, group_by, enabled)
       VALUES ($1, $2, $3, $4, 'as the condition says', $5, $6, $7, $8, $9, $10, $11) RETURNING id`,
      [
        name,
        rest.severity ?? 'high',
        scope,
        JSON.stringify(condition),
        rest.for ?? 0,
        rest.recovery ? JSON.stringify(rest.recovery) : null,
        rest.recoveryFor ?? 0,
        rest.keepFiring ?? 0,
        rest.noData ?? 'keep',
        rest.groupBy ?? ['site'],
        rest.enabled ?? true,
      ],
    );
    this.passes.forgetRules();
    return row.id;
  }

  /**
   * Devices `Device 1` … on addresses of loopback, all in one site.
   * @returns their numbers
   */
  async addDevices(
    count: number,
    { site = 'Site', parent }: { site?: string; parent?: string } = {},
  ): Promise<number[]> {
    await this.database.query('INSERT INTO sites (name) VALUES ($1) ON CONFLICT DO NOTHING', [site]);
    const rows = await this.database.query<{ num: number }[]>(
      `INSERT INTO devices (name, ip, site_id, profile_id, parent_id)
       SELECT 'Device ' || o.n + k, '127.' || 1 + (o.n + k) / 65536 || '.' || (o.n + k) / 256 % 256 || '.' || (o.n + k) % 256,
              (SELECT id FROM sites WHERE name = $2), (SELECT id FROM profiles WHERE is_default), (SELECT id FROM devices WHERE name = $3)
       FROM (SELECT count(*)::int AS n FROM devices) o, generate_series(1, $1::int) AS k RETURNING num`,
      [count, site, parent ?? null],
    );
    const nums = rows.map(({ num }) => num);
    this.signals.devices.push(...nums);
    this.passes.forgetInventory();
    return nums;
  }

  /** From now on, for an hour. */
  async silence(matchers: Matcher[]): Promise<void> {
    await this.database.query(
      `INSERT INTO silences (matchers, starts_at, ends_at) VALUES ($1, now(), now() + interval '1 hour')`,
      [JSON.stringify(matchers)],
    );
  }

  /** Makes everything of open alerts older. */
  async age(seconds: number): Promise<void> {
    const columns = [
      'pending_since',
      'fired_at',
      'clear_since',
      'recovering_since',
      'announced_at',
      'evaluated_at',
      'ack_at',
      'ack_until',
    ];
    const older = columns.map((column) => `${column} = ${column} - make_interval(secs => $1)`).join(', ');
    await this.database.query(`UPDATE alerts SET ${older} WHERE state <> 'resolved'`, [seconds]);
  }

  /** In the order of their opening. */
  alerts(where = 'true'): Promise<AlertRow[]> {
    return this.database.query(`SELECT * FROM alerts WHERE ${where} ORDER BY created_at, device_num, id`);
  }

  /** `firing Device 1`, in the order in which they were written. */
  async outbox(): Promise<string[]> {
    const rows = await this.database.query<{ line: string }[]>(
      `SELECT o.kind || ' ' || a.target_name AS line FROM alert_outbox o JOIN alerts a ON a.id = o.alert_id ORDER BY o.id`,
    );
    return rows.map(({ line }) => line);
  }

  /** `fired Device 1`, in the order in which they were written. */
  async events(): Promise<string[]> {
    const rows = await this.database.query<{ line: string }[]>(
      `SELECT e.kind || ' ' || a.target_name AS line FROM alert_events e JOIN alerts a ON a.id = e.alert_id ORDER BY e.id`,
    );
    return rows.map(({ line }) => line);
  }

  async count(table: string, where = 'true'): Promise<number> {
    const [row] = await this.database.query<[{ count: number }]>(`SELECT count(*)::int FROM ${table} WHERE ${where}`);
    return row.count;
  }
}
