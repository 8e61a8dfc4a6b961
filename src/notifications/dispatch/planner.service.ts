import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { AlertFactsStore } from '../../alerts/outbox/alert-facts.store.js';
import { Outbox } from '../../alerts/outbox/outbox.store.js';
import { Settings } from '../../platform/config/settings.schema.js';
import { judgeFollowUp } from '../policy/follow-up.js';
import { groupOf } from '../policy/notice-group.js';
import { pickChannels } from '../policy/pick-channels.js';
import { RoutingStore } from '../policy/routing.store.js';
import { PlanStore } from './plan.store.js';
import { type NoticeItem, planNotices } from './plan-notices.js';

const OUTBOX_BATCH = 1_000;
const FOLLOW_UP_BATCH = 500;
/** How long a delivery is tried for. */
export const GIVE_UP_MS = 24 * 3_600_000;

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
  ) {}

  /**
   * One batch of the outbox, in one transaction with the deliveries made of it: at most eight statements, whatever its size.
   * @returns how many items were taken; less than a full batch when the outbox is empty
   */
  async takeOutbox(): Promise<{ taken: number; more: boolean }> {
    return this.database.transaction(async (manager) => {
      const now = await this.store.enter(manager);
      const items = await this.outbox.take(OUTBOX_BATCH, manager);
      if (items.length === 0) return { taken: 0, more: false };
      await this.tell(
        items.map(({ kind, at, alert }) => ({ kind, at: at.getTime(), alert })),
        now,
        manager,
      );
      return { taken: items.length, more: items.length === OUTBOX_BATCH };
    });
  }

  /** One batch of reminders and escalations that are due, likewise. */
  async followUp(): Promise<{ taken: number; more: boolean }> {
    return this.database.transaction(async (manager) => {
      const now = await this.store.enter(manager);
      const due = await this.store.dueFollowUps(FOLLOW_UP_BATCH, manager);
      if (due.length === 0) return { taken: 0, more: false };
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
        if (verdict.remind) items.push({ kind: 'reminder', at: now, alert, escalated: each.escalated });
        if (verdict.escalate) items.push({ kind: 'escalation', at: now, alert });
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
      return { taken: due.length, more: due.length === FOLLOW_UP_BATCH };
    });
  }

  private async tell(items: NoticeItem[], now: number, manager: EntityManager): Promise<void> {
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
    this.sayUntold(plan.untold, routing.channels.size);
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
