import type { DataSource } from 'typeorm';
import { readSettings } from '../../src/platform/config/read-settings.js';
import type { Settings } from '../../src/platform/config/settings.schema.js';
import { AdvisoryLock } from '../../src/platform/database/advisory-lock.store.js';
import { slotOf } from '../../src/platform/queue/cycle-slot.js';
import { CycleStore } from '../../src/platform/queue/cycle.store.js';
import {
  type DeviceMaintenance,
  MaintenanceCalendar,
} from '../../src/devices/calendar/maintenance-calendar.service.js';
import { CycleCommitStore } from '../../src/probes/cycle/cycle-commit.store.js';
import { CycleCommitter } from '../../src/probes/cycle/cycle-committer.service.js';
import { type CycleOutcome, CycleRunner } from '../../src/probes/cycle/cycle-runner.service.js';
import { DriverReportStore } from '../../src/probes/cycle/driver-report.store.js';
import { DriverWatch } from '../../src/probes/cycle/driver-watch.service.js';
import { Prober } from '../../src/probes/cycle/prober.service.js';
import { ProbeTargetStore } from '../../src/probes/cycle/probe-target.store.js';
import { cycleKind, type ProbeCycle } from '../../src/probes/cycle/probe-turn.js';
import {
  type DriverName,
  ProbeDriver,
  type ProbeOptions,
  type ProbeResult,
  type ProbeTarget,
} from '../../src/probes/drivers/probe-driver.port.js';
import { ProbeDrivers } from '../../src/probes/drivers/probe-drivers.js';
import { Partitions } from '../../src/probes/history/partitions.store.js';

const realNow = Date.now;

/** Answers for addresses as a test says. */
export class ScriptedDriver extends ProbeDriver {
  /** Addresses that do not answer. */
  readonly dead = new Set<string>();
  /** Addresses that it says nothing about. */
  readonly silent = new Set<string>();
  /** Thrown instead of an answer. */
  broken: Error | null = null;
  /** Called before every batch; may wait. */
  before: (options: ProbeOptions) => Promise<void> = async () => undefined;
  readonly batches: string[][] = [];

  constructor(readonly name: DriverName) {
    super();
  }

  async probe(targets: readonly ProbeTarget[], options: ProbeOptions): Promise<ProbeResult[]> {
    this.batches.push(targets.map(({ address }) => address));
    await this.before(options);
    if (this.broken) throw this.broken;
    return targets.filter(({ address }) => !this.silent.has(address)).map((target) => this.resultOf(target));
  }

  async selfTest(): Promise<void> {
    if (this.broken) throw this.broken;
  }

  private resultOf({ num, address, packets }: ProbeTarget): ProbeResult {
    const dead = this.dead.has(address);
    return {
      num,
      outcome: dead ? 'failed' : 'ok',
      sent: packets,
      received: dead ? 0 : packets,
      rtt: dead ? null : { min: 0.04, avg: 0.051, max: 0.06, jitter: 0.01 },
      error: dead ? 'timeout' : null,
      detail: null,
    };
  }
}

/** Says what a test wrote into it. */
export class ScriptedCalendar extends MaintenanceCalendar {
  readonly windows = new Map<number, DeviceMaintenance>();

  override async at(): Promise<ReadonlyMap<number, DeviceMaintenance>> {
    return this.windows;
  }
}

export interface DeviceSeed {
  name: string;
  address?: string;
  parent?: string;
  site?: string;
  kind?: DriverName;
  enabled?: boolean;
  profile?: string;
  /** Its number, for another shard. */
  num?: number;
}

export interface StateOfDevice {
  state: string;
  last_known_state: string | null;
  cause: string;
  fails: number;
  oks: number;
  in_maintenance: boolean;
  excused: boolean;
  blind: boolean;
  outcome: string;
  fresh_until: Date;
}

/** Workers without a queue: turns are run one by one, on a clock that a test sets forward. */
export class CycleLab {
  readonly drivers = {
    icmp: new ScriptedDriver('icmp'),
    tcp: new ScriptedDriver('tcp'),
    http: new ScriptedDriver('http'),
  };
  readonly calendar: ScriptedCalendar = Object.create(ScriptedCalendar.prototype) as ScriptedCalendar;
  readonly settings: Settings;
  readonly store: CycleCommitStore;
  readonly partitions: Partitions;
  readonly runner: CycleRunner;
  readonly watch: DriverWatch;
  private aheadMs: number;
  private readonly begin: number;

  constructor(
    readonly database: DataSource,
    environment: Record<string, string> = {},
    readonly intervalSeconds = 30,
  ) {
    Object.assign(this.calendar, { windows: new Map() });
    this.settings = readSettings(environment);
    this.store = new CycleCommitStore(database);
    this.partitions = Object.assign(Object.create(Partitions.prototype) as Partitions, { database });
    const drivers = new ProbeDrivers(Object.values(this.drivers));
    this.watch = new DriverWatch(this.settings, drivers, new DriverReportStore(database));
    this.runner = this.newRunner();
    // Turns begin at the full interval, so that a test knows its times.
    const interval = intervalSeconds * 1_000;
    this.begin = Math.ceil(realNow() / interval) * interval;
    this.aheadMs = 0;
  }

  /** Another worker on the same database. */
  newRunner(): CycleRunner {
    const prober = new Prober(this.settings, new ProbeDrivers(Object.values(this.drivers)), this.watch);
    return new CycleRunner(
      new AdvisoryLock(this.database),
      new ProbeTargetStore(this.settings),
      this.calendar,
      prober,
      new CycleCommitter(this.store, this.partitions),
      new CycleStore(this.database),
    );
  }

  /** When a turn is due. */
  dueAt(turn: number): Date {
    return new Date(this.begin + turn * this.intervalSeconds * 1_000);
  }

  /** Runs one turn, at its time. */
  async run(
    turn: number,
    {
      cycle = 'ping',
      shard = 0,
      runner = this.runner,
      signal = new AbortController().signal,
    }: { cycle?: ProbeCycle; shard?: number; runner?: CycleRunner; signal?: AbortSignal } = {},
  ): Promise<CycleOutcome> {
    this.aheadMs = this.dueAt(turn).getTime() - realNow();
    jest.spyOn(Date, 'now').mockImplementation(() => realNow() + this.aheadMs);
    const { intervalSeconds } = this;
    const slot = slotOf(cycleKind(cycle, intervalSeconds), shard, this.dueAt(turn), intervalSeconds);
    return runner.run(cycle, { intervalSeconds, shard }, { slot, signal });
  }

  async add(...seeds: DeviceSeed[]): Promise<void> {
    const sites = [...new Set(seeds.flatMap(({ site }) => site ?? []))];
    await this.database.query('INSERT INTO sites (name) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING', [sites]);
    await this.database.query(
      `INSERT INTO devices (num, name, ip, enabled, check_kind, port, site_id, profile_id) OVERRIDING SYSTEM VALUE
       SELECT coalesce(s.num, nextval(pg_get_serial_sequence('devices', 'num'))), s.name, s.address, s.enabled, s.kind, 80,
              (SELECT id FROM sites WHERE name = s.site),
              coalesce((SELECT id FROM profiles WHERE name = s.profile), (SELECT id FROM profiles WHERE is_default))
       FROM jsonb_to_recordset($1::jsonb) AS s (num int, name text, address text, enabled bool, kind text, site text, profile text)`,
      [
        JSON.stringify(
          seeds.map(({ name, address = name, enabled = true, kind = 'icmp', ...rest }) => {
            return { name, address, enabled, kind, ...rest };
          }),
        ),
      ],
    );
    for (const { name, parent } of seeds.filter((seed) => seed.parent)) {
      await this.database.query(
        'UPDATE devices SET parent_id = (SELECT id FROM devices WHERE name = $2) WHERE name = $1',
        [name, parent],
      );
    }
  }

  async profile(name: string, columns: Record<string, unknown>): Promise<void> {
    await this.database.query(
      `INSERT INTO profiles (name, ${Object.keys(columns).join(', ')})
       VALUES ($1, ${Object.keys(columns)
         .map((_, index) => `$${index + 2}`)
         .join(', ')})`,
      [name, ...Object.values(columns)],
    );
  }

  async stateOf(name: string): Promise<StateOfDevice> {
    const [row] = await this.database.query<StateOfDevice[]>(
      'SELECT s.* FROM device_state s JOIN devices d ON d.num = s.device_num WHERE d.name = $1',
      [name],
    );
    if (!row) throw new Error(`${name} has no state`);
    return row;
  }

  async statesOf(...names: string[]): Promise<string[]> {
    return Promise.all(names.map(async (name) => (await this.stateOf(name)).state));
  }

  /** `to@turn` of a device's events, in half turns: one may begin late. */
  async eventsOf(name: string): Promise<string[]> {
    const rows = await this.database.query<{ to_state: string; at: Date }[]>(
      `SELECT e.to_state, e.at FROM state_events e JOIN devices d ON d.num = e.device_num WHERE d.name = $1 ORDER BY e.id`,
      [name],
    );
    const turnOf = (at: Date) => (at.getTime() - this.begin) / this.intervalSeconds / 1_000;
    return rows.map(({ to_state, at }) => `${to_state}@${Math.floor(turnOf(at) * 2) / 2}`);
  }

  async count(table: string, where = 'true'): Promise<number> {
    const [row] = await this.database.query<[{ count: number }]>(`SELECT count(*)::int FROM ${table} WHERE ${where}`);
    return row.count;
  }
}
