import type { OpenAlert, Resolution } from './alert.js';
import type { AlertFace, ChangedAlert, Happening, NewAlert, PassOutcome, ResolvedAlert, StoredAlert } from './pass.js';
import { type AlertStep, end } from './transition.js';

/** What a rule has brought about in a pass. Taken over whole, or not at all when the rule breaks half-way. */
export class PassNews {
  private readonly opened: NewAlert[] = [];
  private readonly changed: ChangedAlert[] = [];
  private readonly resolved: ResolvedAlert[] = [];
  private readonly dropped: StoredAlert[] = [];
  private nextDueAt = Infinity;
  private verdicts = 0;

  constructor(private readonly now: number) {}

  count(verdicts: number): void {
    this.verdicts += verdicts;
  }

  dueAt(at: number): void {
    if (at < this.nextDueAt) this.nextDueAt = at;
  }

  opens(alert: Pick<NewAlert, 'fingerprint' | 'ruleId' | 'groupKey' | 'face' | 'beganAt'>, step: AlertStep): void {
    if (step.state) this.opened.push({ ...alert, ...this.happening(step), state: step.state });
    this.dueAt(step.dueAt ?? Infinity);
  }

  /** @param face what it says now, null if that stays; asked only if it is open still */
  goesOn(before: StoredAlert, step: AlertStep, face: (isNews: boolean) => AlertFace | null): void {
    if (!step.state) return this.over(before, step);
    this.dueAt(step.dueAt ?? Infinity);
    const isNews = step.events.length > 0 || !isUnchanged(before, step.state);
    const said = face(isNews);
    if (said === null && !isNews) return;
    const state = { ...step.state, evaluatedAt: this.now };
    this.changed.push({ before, ...this.happening(step), state, face: said });
  }

  ends(before: StoredAlert, resolution: Resolution, now: number): void {
    this.over(before, end(before, resolution, now));
  }

  addTo(outcome: PassOutcome): void {
    for (const alert of this.opened) outcome.opened.push(alert);
    for (const alert of this.changed) outcome.changed.push(alert);
    for (const alert of this.resolved) outcome.resolved.push(alert);
    for (const alert of this.dropped) outcome.dropped.push(alert);
    outcome.tally.verdicts += this.verdicts;
    const dueAt = Math.max(this.nextDueAt, this.now + 1);
    if (dueAt < (outcome.nextDueAt ?? Infinity)) outcome.nextDueAt = dueAt;
  }

  private over(before: StoredAlert, step: AlertStep): void {
    if (!step.last || !step.resolution) return void this.dropped.push(before);
    const { last: state, resolution } = step;
    this.resolved.push({ before, ...this.happening(step), state, resolvedAt: this.now, resolution });
  }

  private happening({ events, outbox }: AlertStep): Happening {
    return { events: events.map((event) => ({ ...event, at: this.now })), outbox };
  }
}

/** Whether nothing is to be written; when it was looked at last is not worth it. */
function isUnchanged(before: OpenAlert, after: OpenAlert): boolean {
  return (
    before.state === after.state &&
    before.pendingSince === after.pendingSince &&
    before.firedAt === after.firedAt &&
    before.clearSince === after.clearSince &&
    before.recoveringSince === after.recoveringSince &&
    before.announcedAt === after.announcedAt &&
    before.ack === after.ack &&
    before.suppression?.by === after.suppression?.by &&
    before.suppression?.id === after.suppression?.id
  );
}
