import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { AlertFactsStore } from '../../alerts/outbox/alert-facts.store.js';
import { Outbox } from '../../alerts/outbox/outbox.store.js';
import { Settings } from '../../platform/config/settings.schema.js';
import { isDataError } from '../../platform/database/data-error.js';
import { CancelDeliveries } from '../channels/cancel-deliveries.store.js';
import { judgeFollowUp } from '../policy/follow-up.js';
import { groupOf } from '../policy/notice-group.js';
import { pickChannels } from '../policy/pick-channels.js';
import { RoutingStore } from '../policy/routing.store.js';
import { PlanStore } from './plan.store.js';
import { type NoticeItem, planNotices } from './plan-notices.js';

const OUTBOX_BATCH = 1_000;
const FOLLOW_UP_BATCH = 500;
const UNTOLD_BATCH = 500;
/** Taken one by one, where something in a batch cannot be written. */
const SINGLES = 100;
/** How long a delivery is tried for. */
const GIVE_UP_MS = 24 * 3_600_000;

/** How many were taken, and whether others may be left. */
interface Taken {
  taken: number;
  more: boolean;
}

/** Turns what must be told into deliveries. */
@Injectable()
export class Planner {
  private readonly log = new Logger('Planner');
  /** So that it is said once. */
  private saidUntold = false;

  constructor(
    private readonly database: DataSource,
    private readonly settings: Settings,
    private readonly outbox: Outbox,
    private readonly alerts: AlertFactsStore,
    private readonly routing: RoutingStore,
    private readonly store: PlanStore,
    private readonly cancel: CancelDeliveries,
  ) {}

  /**
   * One batch of the outbox, in one transaction with the deliveries made of it: at most eight statements, whatever its size.
   * @returns how many items were taken; less than a full batch when the outbox is empty
   */
  async takeOutbox(): Promise<Taken> {
    return this.inParts(
      OUTBOX_BATCH,
      (limit) => this.takeItems(limit),
      (manager) => this.outbox.setAside(manager),
    );
  }

  /** One batch of reminders and escalations that are due, likewise. */
  async followUp(): Promise<Taken> {
    return this.inParts(
      FOLLOW_UP_BATCH,
      (limit) => this.takeFollowUps(limit),
      (manager) => this.store.setFollowUpAside(manager),
    );
  }

  /**
   * Tells what fires and no channel was for, if one is now: after channels, routes or rules changed. What waits for a channel that is
   * switched off is cancelled before. One transaction for each batch; two statements when there is nothing to do.
   */
  async replan(): Promise<void> {
    await this.cancel.ofDisabled(this.database.manager);
    const until = await this.store.untoldUntil(this.database.manager);
    if (until === null) return;
    const setAside = async (manager: EntityManager): Promise<string | null> => {
      const [id] = await this.alerts.untold(until, 1, manager);
      if (id !== undefined) await this.alerts.setUntold([id], manager);
      return id ?? null;
    };
    while ((await this.inParts(UNTOLD_BATCH, (limit) => this.takeUntold(until, limit), setAside)).more);
  }

  /** What fails for what is in it is done one by one: what cannot be done is set aside and holds up no other. */
  private async inParts(
    most: number,
    take: (limit: number) => Promise<number>,
    setAside: (manager: EntityManager) => Promise<string | null>,
  ): Promise<Taken> {
    try {
      const taken = await take(most);
      return { taken, more: taken === most };
    } catch (error) {
      if (!isDataError(error)) throw error;
    }
    let taken = 0;
    for (; taken < SINGLES; taken++) {
      try {
        if ((await take(1)) === 0) return { taken, more: false };
      } catch (error) {
        if (!isDataError(error)) throw error;
        this.sayFault(await this.database.transaction(setAside), (error as Error).message);
      }
    }
    return { taken, more: true };
  }

  private async takeItems(limit: number): Promise<number> {
    return this.database.transaction(async (manager) => {
      const now = await this.store.enter(manager);
      const items = await this.outbox.take(limit, manager);
      if (items.length === 0) return 0;
      await this.tell(
        items.map(({ kind, at, alert }) => ({ kind, at: at.getTime(), alert })),
        now,
        manager,
      );
      return items.length;
    });
  }

  private async takeUntold(until: string, limit: number): Promise<number> {
    return this.database.transaction(async (manager) => {
      const now = await this.store.enter(manager);
      const ids = await this.alerts.untold(until, limit, manager);
      const facts = await this.alerts.of(ids, manager);
      if (ids.length === 0) return 0;
      const untold = await this.tell(
        [...facts.values()].map((alert) => ({ kind: 'firing', at: now, alert })),
        now,
        manager,
      );
      await this.alerts.setTold(
        ids.filter((id) => !untold.has(id)),
        manager,
      );
      return ids.length;
    });
  }

  private async takeFollowUps(limit: number): Promise<number> {
    return this.database.transaction(async (manager) => {
      const now = await this.store.enter(manager);
      const due = await this.store.dueFollowUps(limit, manager);
      if (due.length === 0) return 0;
      const facts = await this.alerts.of(
        due.map(({ alertId }) => alertId),
        manager,
      );
      const routing = await this.routing.read([...facts.values()], manager);
      const items: NoticeItem[] = [];
      const next = due.map((each) => {
        const alert = facts.get(each.alertId)!;
        const verdict = judgeFollowUp(alert, each, pickChannels(alert, routing).route, now);
        const escalated = each.escalated || verdict.escalate;
        // First, so that nobody is told both at once.
        if (verdict.escalate) items.push({ kind: 'escalation', at: now, alert });
        if (verdict.remind) items.push({ kind: 'reminder', at: now, alert, escalated: each.escalated });
        return { alertId: each.alertId, escalated, ...(verdict.next ?? { remindAt: null, escalateAt: null }) };
      });
      const openings = await this.store.openings(
        items.map(({ alert }) => alert.id),
        manager,
      );
      const gathering = await this.store.gathering(groupKeys(items), manager);
      const plan = planNotices(items, { ...this.ground(now), routing, openings, gathering });
      await this.store.write({ ...plan, followUps: [] }, GIVE_UP_MS, manager);
      await this.store.moveFollowUps(next, manager);
      return due.length;
    });
  }

  /** @returns ids of those that no channel is for */
  private async tell(items: NoticeItem[], now: number, manager: EntityManager): Promise<Set<string>> {
    const alerts = items.map(({ alert }) => alert);
    const routing = await this.routing.read(alerts, manager);
    const openings = await this.store.openings(
      alerts.map(({ id }) => id),
      manager,
    );
    const keys = [...groupKeys(items), ...openings.map(({ groupKey }) => groupKey)];
    const gathering = await this.store.gathering(keys, manager);
    const plan = planNotices(items, { ...this.ground(now), routing, openings, gathering });
    await this.store.write(plan, GIVE_UP_MS, manager);
    await this.store.cancelMoot(plan, manager);
    await this.alerts.setUntold(plan.untold, manager);
    this.sayUntold(plan.untold.length, routing.channels.size);
    for (const { alertId, reason } of plan.faults) this.sayFault(alertId, reason);
    return new Set(plan.untold);
  }

  private sayFault(alertId: string | null, reason: string): void {
    this.log.error(`Nobody is told of the alert ${alertId ?? 'that was'}: ${reason}`);
  }

  private ground(now: number) {
    return { now, waitSeconds: this.settings.groupWaitSeconds, newId: randomUUID };
  }

  private sayUntold(untold: number, channels: number): void {
    if (untold === 0) return void (this.saidUntold &&= channels === 0);
    if (this.saidUntold) return;
    this.saidUntold = true;
    this.log.warn(
      channels === 0
        ? 'Alerts fire and nobody is told: there is no channel. Make one with POST /api/v1/channels and "is_default": true'
        : 'Alerts fire and nobody is told: no route, rule or default channel is for them. Make a channel the default with "is_default": true',
    );
  }
}

function groupKeys(items: readonly NoticeItem[]): string[] {
  return [...new Set(items.map(({ alert }) => groupOf(alert).key))];
}
