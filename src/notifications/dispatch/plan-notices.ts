import type { AlertFacts } from '../../alerts/outbox/alert-facts.js';
import { severityRank, type Severity } from '../../alerts/severity.js';
import { firstFollowUp, type FollowUp } from '../policy/follow-up.js';
import { groupOf, type NoticeGroup } from '../policy/notice-group.js';
import { noticeTime, type NoticeTime } from '../policy/notice-times.js';
import {
  type Choice,
  escalationChannels,
  type KnownChannel,
  pickChannels,
  type Routing,
} from '../policy/pick-channels.js';
import { type Gathering, isFinal, mayHaveArrived, type NoticeKind, type Opening } from './delivery.js';

/** So that a message stays readable, and within what receivers take. */
export const MAX_MEMBERS = 500;

/** Something that is to be told of an alert. */
export interface NoticeItem {
  kind: NoticeKind;
  /** When it happened, ms since the epoch. */
  at: number;
  alert: AlertFacts;
  /** Those it was escalated to are told of reminders as well. */
  escalated?: boolean;
}

/** What is known when it is decided who is told of what. */
export interface PlanGround {
  routing: Routing;
  /** Of the alerts at hand. */
  openings: readonly Opening[];
  gathering: readonly Gathering[];
  /** ms since the epoch. */
  now: number;
  waitSeconds: number;
  newId: () => string;
}

interface NewDelivery extends Gathering {
  channelName: string;
  channelKind: string;
  groupLabels: Record<string, string>;
}

/** What is to be written. */
export interface NoticePlan {
  made: NewDelivery[];
  /** Existing ones that go out sooner or became worse. */
  changed: Gathering[];
  members: { deliveryId: string; alertId: string; fingerprint: string; at: number }[];
  /** Alerts that ended before anybody was told. */
  dropped: { deliveryId: string; alertId: string }[];
  /** Openings under way whose alerts may all have ended. */
  perhapsMoot: string[];
  followUps: ({ alertId: string } & FollowUp)[];
  /** Alerts that need no follow-up any more. */
  settled: string[];
  /** Ids of alerts that fire and that no channel is for. */
  untold: string[];
  /** Alerts that nothing could be decided for: a mistake of ours, and of no other alert. */
  faults: { alertId: string; reason: string }[];
}

/** Decides who is told of what in which delivery. Items in the order in which they happened. */
export function planNotices(items: readonly NoticeItem[], ground: PlanGround): NoticePlan {
  const planner = new NoticePlanner(ground);
  for (const item of items) planner.take(item);
  return planner.plan;
}

class NoticePlanner {
  readonly plan: NoticePlan = {
    made: [],
    changed: [],
    members: [],
    dropped: [],
    perhapsMoot: [],
    followUps: [],
    settled: [],
    untold: [],
    faults: [],
  };
  private readonly open = new Map<string, Gathering>();
  private readonly openings = new Map<string, Opening[]>();

  constructor(private readonly ground: PlanGround) {
    for (const each of ground.gathering) this.open.set(slotOf(each), { ...each });
    for (const each of ground.openings) {
      const known = this.openings.get(each.alertId);
      if (known) known.push(each);
      else this.openings.set(each.alertId, [each]);
    }
  }

  take(item: NoticeItem): void {
    try {
      this.add(item);
    } catch (error) {
      this.plan.faults.push({ alertId: item.alert.id, reason: String(error) });
      if (item.kind === 'firing') this.plan.untold.push(item.alert.id);
    }
  }

  private add(item: NoticeItem): void {
    if (item.kind === 'resolved') return this.resolve(item);
    // It has ended since; that is an item of its own.
    if (item.alert.state !== 'firing') return;
    const choice = pickChannels(item.alert, this.ground.routing);
    const time = this.timeOf(item, choice);
    const told = this.openings.get(item.alert.id) ?? [];
    const isEscalated = item.escalated === true || told.some(wasEscalation);
    const group = groupOf(item.alert);
    // Told again after a silence: who knows of it already is reminded when that was due anyway.
    let isNews = item.kind !== 'firing' || told.length === 0;
    for (const channel of this.channelsFor(item, choice, isEscalated)) {
      const before = told.filter(({ channelId }) => channelId === channel.id);
      const known = item.kind === 'firing' ? before.some(isToldOrWillBe) : before.some(({ state }) => !isFinal(state));
      if (known) continue;
      this.join(item, channel, group, time);
      isNews = true;
    }
    if (item.kind === 'firing' && choice.channels.length === 0) this.plan.untold.push(item.alert.id);
    const followUp = item.kind === 'escalation' || !isNews ? null : firstFollowUp(choice.route, time.at, isEscalated);
    if (followUp) this.plan.followUps.push({ alertId: item.alert.id, ...followUp });
  }

  /** Whoever was told that it fires, or may have been, is told that it ended; whoever was not is told nothing. */
  private resolve(item: NoticeItem): void {
    const { alert } = item;
    this.plan.settled.push(alert.id);
    const told = new Map<string, Opening>();
    for (const opening of this.openings.get(alert.id) ?? []) {
      const { deliveryId, channelId, state } = opening;
      if (state === 'waiting') this.plan.dropped.push({ deliveryId, alertId: alert.id });
      if (state === 'retrying') this.plan.perhapsMoot.push(deliveryId);
      if (state === 'sending' || state === 'retrying' || mayHaveArrived(opening)) told.set(channelId, opening);
    }
    if (told.size === 0) return;
    const time = this.timeOf(item, pickChannels(alert, this.ground.routing));
    for (const {
      channelId: id,
      channelName: name,
      channelKind: kind,
      groupKey: key,
      groupLabels: labels,
    } of told.values())
      this.join(item, { id, name, kind }, { key, labels }, time);
  }

  private channelsFor({ kind }: NoticeItem, choice: Choice, isEscalated: boolean): KnownChannel[] {
    const further = escalationChannels(choice, this.ground.routing);
    if (kind === 'escalation') return further;
    return kind === 'reminder' && isEscalated ? [...new Set([...choice.channels, ...further])] : choice.channels;
  }

  private timeOf({ kind, alert, at: happenedAt }: NoticeItem, { route }: Choice): NoticeTime {
    const { now, waitSeconds } = this.ground;
    return noticeTime(kind, alert.severity, route, { happenedAt, now, waitSeconds });
  }

  private join(
    { kind, alert, at: happenedAt }: NoticeItem,
    channel: Pick<KnownChannel, 'id' | 'name' | 'kind'>,
    { key: groupKey, labels: groupLabels }: NoticeGroup,
    { at, held }: NoticeTime,
  ): void {
    const slot = slotOf({ channelId: channel.id, groupKey, kind, held, at });
    let delivery = this.open.get(slot);
    if (!delivery || delivery.members >= MAX_MEMBERS) {
      const { id: channelId, name: channelName, kind: channelKind } = channel;
      const { severity } = alert;
      const made = { id: this.ground.newId(), kind, severity, at, held, members: 0, groupKey };
      delivery = { ...made, channelId, channelName, channelKind, groupLabels } as NewDelivery;
      this.plan.made.push(delivery as NewDelivery);
      this.open.set(slot, delivery);
    }
    delivery.members++;
    this.raise(delivery, alert.severity, at);
    if (kind !== 'resolved') this.opened(kind, alert.id, delivery, channel, groupLabels);
    this.plan.members.push({
      deliveryId: delivery.id,
      alertId: alert.id,
      fingerprint: alert.fingerprint,
      at: happenedAt,
    });
  }

  /** What comes after it in the same batch goes by it. */
  private opened(
    kind: Opening['kind'],
    alertId: string,
    { id: deliveryId, groupKey }: Gathering,
    channel: Pick<KnownChannel, 'id' | 'name' | 'kind'>,
    groupLabels: Record<string, string>,
  ): void {
    const { id: channelId, name: channelName, kind: channelKind } = channel;
    const where = { deliveryId, channelId, channelName, channelKind, groupKey, groupLabels };
    const opening: Opening = { alertId, ...where, kind, state: 'waiting', uncertain: false };
    this.openings.set(alertId, [...(this.openings.get(alertId) ?? []), opening]);
  }

  private raise(delivery: Gathering, severity: Severity, at: number): void {
    const worse = severityRank(severity) < severityRank(delivery.severity);
    if (!worse && at >= delivery.at) return;
    if (worse) delivery.severity = severity;
    delivery.at = Math.min(delivery.at, at);
    const { made, changed } = this.plan;
    if (!made.includes(delivery as NewDelivery) && !changed.includes(delivery)) changed.push(delivery);
  }
}

/** What quiet hours hold goes out together only if they end together: those of another route may end later. */
function slotOf({
  channelId,
  kind,
  held,
  at,
  groupKey,
}: Pick<Gathering, 'channelId' | 'kind' | 'held' | 'at' | 'groupKey'>): string {
  return `${channelId} ${kind} ${held ? at : ''} ${groupKey}`;
}

/** Also one that could not be delivered: it is not taken back. */
function wasEscalation({ kind, state, uncertain }: Opening): boolean {
  return kind === 'escalation' && (state !== 'cancelled' || uncertain);
}

function isToldOrWillBe(opening: Opening): boolean {
  return !isFinal(opening.state) || mayHaveArrived(opening);
}
