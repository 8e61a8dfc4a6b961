import { startTestPostgres, type TestPostgres } from './postgres.js';
import { makePartitions } from './reports-data.js';
import { type RulesLab, startRulesLab } from './rules-lab.js';

export const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Within what is kept one by one, and not changing during a run. */
export const DAY = Math.floor(Date.now() / (24 * HOUR)) * 24 * HOUR - 48 * HOUR;
/** Of that day. */
export const at = (minutes: number, seconds = 0) => new Date(DAY + minutes * MINUTE + seconds * 1_000).toISOString();
/** A query, in minutes of that day. */
export const range = (from: number, to: number) => `?from=${at(from)}&to=${at(to)}`;

/** As it is answered. */
export interface Backtest {
  resolution: string;
  expression: string;
  alerts: {
    device: { name: string };
    fired_at: string;
    resolved_at: string | null;
    firing_seconds: number;
    peak_value: number;
  }[];
  totals: Record<string, number>;
  truncated: boolean;
  history_from: string | null;
  known_percent: number | null;
  notes: string[];
}

/** What fired, when, and how bad it was. */
export const told = ({ alerts }: Backtest) =>
  alerts.map(({ device, fired_at, resolved_at, peak_value }) => [device.name, fired_at, resolved_at, peak_value]);

/**
 * Hooks of a file: one PostgreSQL for all of its tests, with three devices. They have no history, and there are no rules,
 * when a test begins.
 * @returns what makes history, and what plays a rule on it
 */
export function eachWithoutHistory(begin: (lab: RulesLab) => void) {
  let postgres: TestPostgres;
  let lab: RulesLab;
  const nums: Record<string, number> = {};
  beforeAll(async () => {
    postgres = await startTestPostgres();
    lab = await startRulesLab(await postgres.createDatabase());
    await lab.call('POST', '/sites', { name: 'Berlin' });
    for (const device of [
      { name: 'core', ip: '10.0.0.1', site: 'Berlin' },
      { name: 'edge', ip: '10.0.0.2', site: 'Berlin' },
      { name: 'web', ip: '10.0.0.3', check_kind: 'tcp', port: 443 },
    ]) {
      expect(await lab.call('POST', '/devices', device)).toMatchObject({ status: 201 });
    }
    for (const { num, name } of await lab.database.query('SELECT num, name FROM devices')) nums[name] = num;
    for (const table of ['ping_results', 'ping_5m', 'snmp_results'] as const) {
      await makePartitions(lab.database, table, new Date(DAY - 24 * HOUR), 3);
    }
    await lab.database.query('DELETE FROM state_events');
    begin(lab);
  });
  afterAll(async () => {
    await lab?.close();
    await postgres?.stop();
  });
  beforeEach(async () => {
    await lab.database.query('TRUNCATE state_events, device_state, ping_results, ping_5m, snmp_results');
    await lab.database.query('DELETE FROM alert_rules');
  });

  async function states(device: string, ...changes: [at: string, state: string][]): Promise<void> {
    for (const [when, state] of changes) {
      await lab.database.query(
        `INSERT INTO state_events (device_num, at, to_state, cause) VALUES ($1, $2, $3, 'probe')`,
        [nums[device], when, state],
      );
    }
  }

  /** Its maintenance begins or ends while it is in that state. */
  async function maintenance(device: string, when: string, state: string, isIn: boolean): Promise<void> {
    await lab.database.query(
      `INSERT INTO state_events (device_num, at, to_state, in_maintenance, cause) VALUES ($1, $2, $3, $4, 'maintenance')`,
      [nums[device], when, state, isIn],
    );
  }

  /** Results every 30 s for so many minutes from `begin` on, `received` of 3 packets. */
  async function pings(device: string, begin: number, minutes: number, received: number, rtt = 10): Promise<void> {
    await lab.database.query(
      `INSERT INTO ping_results (ts, device_num, sent, received, status, rtt_avg)
       SELECT $1::timestamptz + make_interval(secs => 30 * n), $2, 3, $3::int, ($3::int = 0)::int, CASE WHEN $3::int > 0 THEN $4::real END
       FROM generate_series(0, $5::int * 2 - 1) n`,
      [at(begin), nums[device], received, rtt, minutes],
    );
  }

  /** Means of five minutes from the first to the `last`; of the hundredth and the next three half was lost. */
  async function buckets(device: string, last: number): Promise<void> {
    await lab.database.query(
      `INSERT INTO ping_5m (bucket, device_num, cycles, sent, received, seconds_up, seconds_down, seconds_unknown, seconds_maintenance, rtt_avg)
       SELECT $1::timestamptz + make_interval(mins => 5 * n), $2, 10, 30, CASE WHEN n BETWEEN 100 AND 103 THEN 15 ELSE 30 END, 300, 0, 0, 0, 10
       FROM generate_series(0, $3::int) n`,
      [at(0), nums[device], last],
    );
  }

  async function backtest(rule: object, query: string): Promise<Backtest> {
    const answer = await lab.call<Backtest>('POST', `/alert-rules/backtest${query}`, rule, { as: 'viewer' });
    expect(answer).toMatchObject({ status: 200 });
    return answer.data;
  }
  return { nums, states, maintenance, pings, buckets, backtest };
}
