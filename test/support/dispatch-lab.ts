import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { AlertFactsStore } from '../../src/alerts/outbox/alert-facts.store.js';
import { Outbox } from '../../src/alerts/outbox/outbox.store.js';
import {
  ChannelDriver,
  type DeliveryOutcome,
  type Message,
  type OpenedChannel,
} from '../../src/notifications/channels/channel-driver.port.js';
import { ChannelDrivers } from '../../src/notifications/channels/channel-drivers.js';
import { ChannelVault, type KeptChannel } from '../../src/notifications/channels/channel-vault.store.js';
import { CancelDeliveries } from '../../src/notifications/channels/cancel-deliveries.store.js';
import { Claimer } from '../../src/notifications/dispatch/claimer.service.js';
import { ClaimStore } from '../../src/notifications/dispatch/claim.store.js';
import { DeliveryRounds } from '../../src/notifications/dispatch/delivery-rounds.service.js';
import { Dispatcher } from '../../src/notifications/dispatch/dispatcher.service.js';
import { DispatcherStatus } from '../../src/notifications/dispatch/dispatcher-status.js';
import { Planner } from '../../src/notifications/dispatch/planner.service.js';
import { PlanStore } from '../../src/notifications/dispatch/plan.store.js';
import { ResultsStore } from '../../src/notifications/dispatch/results.store.js';
import { Sender } from '../../src/notifications/dispatch/sender.service.js';
import { StrandedDeliveries } from '../../src/notifications/dispatch/stranded-deliveries.store.js';
import { RouteScopes } from '../../src/notifications/policy/route-scopes.store.js';
import { RoutingStore } from '../../src/notifications/policy/routing.store.js';
import { readSettings } from '../../src/platform/config/read-settings.js';
import type { Settings } from '../../src/platform/config/settings.schema.js';

export const DELIVERED: DeliveryOutcome = { outcome: 'delivered', status: 200, response: null };

/** A receiver whose answers a test chooses. */
export class ScriptedReceiver extends ChannelDriver {
  readonly kind = 'webhook' as const;
  /** What arrived, in order; attempts that were refused as well. */
  readonly seen: { channel: string; message: Message; outcome: DeliveryOutcome }[] = [];
  answer: (message: Message, channel: OpenedChannel, signal: AbortSignal) => Promise<DeliveryOutcome> = async () =>
    DELIVERED;

  async send(message: Message, channel: OpenedChannel, signal: AbortSignal): Promise<DeliveryOutcome> {
    const outcome = await this.answer(message, channel, signal);
    this.seen.push({ channel: channel.name, message, outcome });
    return outcome;
  }

  /** `kind:alerts` of what arrived at a channel. */
  told(channel: string): string[] {
    return this.seen
      .filter((each) => each.channel === channel && each.outcome.outcome === 'delivered')
      .map(
        ({ message }) =>
          `${message.kind}:${message.alerts
            .map(({ target_name }) => target_name)
            .sort()
            .join()}`,
      );
  }
}

/** Channels without secrets. */
class PlainVault extends ChannelVault {
  constructor(private readonly source: DataSource) {
    super(source, undefined as never);
  }

  override async open(): Promise<Map<string, KeptChannel>> {
    const rows = await this.source.query<
      (Omit<KeptChannel, 'opened' | 'fault'> & { config: Record<string, unknown> })[]
    >('SELECT id, name, kind, enabled, is_default AS "isDefault", config FROM channels');
    return new Map(
      rows.map(({ config, ...row }) => [
        row.id,
        { ...row, opened: { id: row.id, name: row.name, config }, fault: null },
      ]),
    );
  }
}

export interface AlertSeed {
  name: string;
  site?: string | null;
  severity?: string;
  rule?: string;
  /** Another episode of the same alert has the same. */
  fingerprint?: string;
}

/** Dispatchers on a database of their own, and what the evaluator would write. */
export class DispatchLab {
  readonly receiver = new ScriptedReceiver();
  readonly settings: Settings;
  private readonly running: { controller: AbortController; ended: Promise<void> }[] = [];

  constructor(
    readonly database: DataSource,
    environment: Record<string, string> = {},
  ) {
    this.settings = readSettings({
      SWARMWARD_GROUP_WAIT_SECONDS: '0',
      SWARMWARD_NOTIFY_BACKOFF_SECONDS: '1',
      SWARMWARD_NOTIFY_TIMEOUT_SECONDS: '1',
      ...environment,
    });
  }

  planner(): Planner {
    const { database, settings } = this;
    const routing = new RoutingStore(new RouteScopes());
    const cancel = new CancelDeliveries();
    return new Planner(database, settings, new Outbox(), new AlertFactsStore(), routing, new PlanStore(), cancel);
  }

  claimer(): Claimer {
    return new Claimer(this.database, this.settings, new ClaimStore(), new AlertFactsStore());
  }

  dispatcher(
    status = new DispatcherStatus(),
    planner = this.planner(),
    drivers = [this.receiver] as ChannelDriver[],
  ): Dispatcher {
    const { database, settings } = this;
    const results = new ResultsStore(database);
    const sender = new Sender(settings, new ChannelDrivers(drivers));
    const vault = new PlainVault(database);
    const rounds = new DeliveryRounds(database, settings, vault, this.claimer(), new ClaimStore(), results, sender);
    return new Dispatcher(planner, rounds, results, new StrandedDeliveries(database, settings), status);
  }

  /** Runs until `stop`. */
  start(dispatcher = this.dispatcher()): Dispatcher {
    const controller = new AbortController();
    this.running.push({ controller, ended: dispatcher.work(controller.signal) });
    return dispatcher;
  }

  async stop(): Promise<void> {
    for (const { controller } of this.running) controller.abort();
    await Promise.all(this.running.splice(0).map(({ ended }) => ended));
  }

  async reset(): Promise<void> {
    await this.stop();
    await this.database.query(
      'TRUNCATE channels, notification_routes, alerts, alert_rules, deliveries, devices, sites, groups CASCADE',
    );
    this.receiver.seen.length = 0;
    this.receiver.answer = async () => DELIVERED;
  }

  async channel(
    name: string,
    { isDefault = true, enabled = true, config = {} }: { isDefault?: boolean; enabled?: boolean; config?: object } = {},
  ): Promise<string> {
    await this.database.query(`INSERT INTO secret_keys (id, verifier) VALUES ('k', '') ON CONFLICT DO NOTHING`);
    const [row] = await this.database.query<[{ id: string }]>(
      `INSERT INTO channels (name, kind, key_id, sealed, is_default, enabled, config) VALUES ($1, 'webhook', 'k', '', $2, $3, $4) RETURNING id`,
      [name, isDefault, enabled, JSON.stringify(config)],
    );
    return row.id;
  }

  async route(columns: Record<string, unknown>): Promise<void> {
    const all = { name: randomUUID(), ...columns };
    const values = Object.values(all).map((value) =>
      typeof value === 'object' && value !== null && !Array.isArray(value) ? JSON.stringify(value) : value,
    );
    await this.database.query(
      `INSERT INTO notification_routes (${Object.keys(all).join(', ')}) VALUES (${values.map((_, index) => `$${index + 1}`).join(', ')})`,
      values,
    );
  }

  /** As the evaluator does: the transition and its outbox row in one statement. @returns ids by name */
  async fire(...seeds: AlertSeed[]): Promise<Map<string, string>> {
    const rows = seeds.map(({ name, site = 'Berlin', severity = 'high', rule = 'Device down', fingerprint = name }) => {
      return { name, site, severity, rule, fingerprint };
    });
    const made = await this.database.query<{ id: string; name: string }[]>(
      `WITH made AS (
         INSERT INTO alerts (fingerprint, rule_name, rule_version, severity, target_kind, target_key, target_name, site_name, group_key, state,
           pending_since, fired_at, announced_at, evaluated_at)
         SELECT fingerprint, rule, 1, severity, 'device', name, name, site, coalesce(site, ''), 'firing', now(), now(), now(), now()
         FROM jsonb_to_recordset($1::jsonb) AS x (name text, site text, severity text, rule text, fingerprint text) RETURNING id, target_name),
       told AS (INSERT INTO alert_outbox (alert_id, kind, at) SELECT id, 'firing', now() FROM made)
       SELECT id, target_name AS name FROM made`,
      [JSON.stringify(rows)],
    );
    return new Map(made.map(({ id, name }) => [name, id]));
  }

  async resolve(...names: string[]): Promise<void> {
    await this.database.query(
      `WITH ended AS (
         UPDATE alerts SET state = 'resolved', resolved_at = now(), resolution = 'recovered'
         WHERE target_name = ANY ($1) AND state = 'firing' RETURNING id, announced_at)
       INSERT INTO alert_outbox (alert_id, kind, at) SELECT id, 'resolved', now() FROM ended WHERE announced_at IS NOT NULL`,
      [names],
    );
  }

  async set(name: string, columns: string): Promise<void> {
    await this.database.query(`UPDATE alerts SET ${columns} WHERE target_name = $1 AND state = 'firing'`, [name]);
  }

  async deliveries(): Promise<
    {
      id: string;
      kind: string;
      state: string;
      attempts: number;
      uncertain: boolean;
      held: boolean;
      members: number;
      at: Date;
    }[]
  > {
    return this.database.query(
      `SELECT d.id, d.kind, d.state, d.attempts, d.uncertain, d.held, d.next_attempt_at AS at,
              (SELECT count(*)::int FROM delivery_alerts m WHERE m.delivery_id = d.id AND m.dropped IS NULL) AS members
       FROM deliveries d ORDER BY d.num`,
    );
  }

  /** As if so much time had passed for what waits. */
  async skip(seconds: number): Promise<void> {
    await this.database.query(
      `UPDATE deliveries SET next_attempt_at = next_attempt_at - $1 * interval '1 second', give_up_at = give_up_at - $1 * interval '1 second',
         locked_until = locked_until - $1 * interval '1 second'`,
      [seconds],
    );
    await this.database.query(
      `UPDATE alert_follow_ups SET remind_at = remind_at - $1 * interval '1 second', escalate_at = escalate_at - $1 * interval '1 second'`,
      [seconds],
    );
  }
}
