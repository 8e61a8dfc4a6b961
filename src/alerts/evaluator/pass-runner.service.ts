import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { MaintenanceCalendar } from '../../devices/calendar/maintenance-calendar.service.js';
import { SignalSources } from '../../metrics/signal-sources.service.js';
import type { Inventory } from '../engine/inventory.js';
import type { PassOutcome, StoredAlert } from '../engine/pass.js';
import { runPass } from '../engine/run-pass.js';
import { AlertWriteStore, type Written } from './alert-write.store.js';
import type { PassFigures } from './evaluator-status.service.js';
import { AlertInventoryStore, buildInventory, type ReadInventory } from './inventory.store.js';
import { Memory } from './memory.js';
import { type PassWrite, passWrite } from './pass-write.js';
import { planRules, type RulePlan } from './rule-plan.js';
import { type Blindness, SignalReader } from './signal-reader.service.js';
import { MAX_OPEN_ALERTS, type Situation, SituationStore } from './situation.store.js';
import { readStoredRules } from './stored-rule.js';

/** How long rules and inventory are kept when nothing says that they changed. */
const MEMORY_MS = 60_000;

/** What a pass came to. */
export interface PassReport {
  figures: PassFigures;
  /** From the moment of the pass on, when the next one is due if nothing happens; null: never. */
  nextDueInMs: number | null;
  /** Something is left to do, or somebody else was faster: the next pass is due at once. */
  isUnfinished: boolean;
  /** Id of the last event that was written; null when there was none. */
  lastEvent: number | null;
  blind: Blindness;
}

/**
 * One pass over all rules. At most 8 SQL statements, whatever the numbers of rules, devices and alerts: what alerts are with the rules,
 * the inventory, the maintenance calendar (2), the sources of values (3), and one that writes. Mostly three.
 */
@Injectable()
export class PassRunner {
  private readonly log = new Logger('AlertEvaluator');
  private readonly plan = new Memory<RulePlan>(MEMORY_MS);
  private readonly inventory = new Memory<ReadInventory>(MEMORY_MS);
  private built: { from: ReadInventory; plan: RulePlan; inventory: Inventory } | null = null;
  private isFull = false;

  constructor(
    private readonly situations: SituationStore,
    private readonly inventories: AlertInventoryStore,
    private readonly calendar: MaintenanceCalendar,
    private readonly reader: SignalReader,
    private readonly sources: SignalSources,
    private readonly writes: AlertWriteStore,
  ) {}

  /** After a change of rules. */
  forgetRules(): void {
    this.plan.forget();
  }

  /** After a change of devices, sites, groups or templates. */
  forgetInventory(): void {
    this.inventory.forget();
  }

  /** After a change of maintenance windows. */
  forgetMaintenance(): void {
    this.calendar.forget();
  }

  /**
   * @param session what is written is written through it, in one statement
   * @throws when the database does; nothing has changed then
   */
  async run(session: EntityManager): Promise<PassReport> {
    const began = performance.now();
    const { situation, plan } = await this.look();
    const [inventory, maintenance, read] = await Promise.all([
      this.inventoryFor(plan),
      this.calendar.at(new Date(situation.now)),
      this.reader.read(plan.signals),
    ]);
    const outcome = runPass({
      now: situation.now,
      rules: plan.rules,
      faults: new Map([...plan.faults, ...scopeFaults(plan, inventory.read)]),
      inventory: inventory.built,
      readings: read.readings,
      failedSignals: read.failed,
      maintenance,
      silences: situation.silences,
      open: situation.open,
      leftAcks: situation.leftAcks,
    });
    const { write, written } = await this.write(outcome, situation, session);
    this.tellBroken(outcome, written, plan);
    return {
      figures: { durationMs: performance.now() - began, ...figuresOf(outcome, situation.open, write) },
      nextDueInMs: outcome.nextDueAt === null ? null : Math.max(0, outcome.nextDueAt - situation.now),
      isUnfinished:
        write.isCut ||
        write.broken.length > 0 ||
        (wasOvertaken(write, written) && situation.open.length < MAX_OPEN_ALERTS),
      lastEvent: written.lastEvent,
      blind: read.blind,
    };
  }

  private async look(): Promise<{ situation: Situation; plan: RulePlan }> {
    const known = this.plan.get();
    const keep = this.plan.begin();
    const situation = await this.situations.read(known === null);
    const plan = known ?? planRules(readStoredRules(situation.rules ?? [], this.sources));
    if (!known) keep(plan);
    return { situation, plan };
  }

  private async inventoryFor(plan: RulePlan): Promise<{ read: ReadInventory; built: Inventory }> {
    let read = this.inventory.get();
    if (!read || [...plan.scopes.keys()].some((key) => !read!.chosen.has(key) && !read!.failed.has(key))) {
      const keep = this.inventory.begin();
      read = await this.inventories.read(plan.scopes);
      keep(read);
    }
    if (this.built?.from !== read || this.built.plan !== plan) {
      this.built = { from: read, plan, inventory: buildInventory(read, plan.scopeOf) };
    }
    return { read, built: this.built.inventory };
  }

  private async write(
    outcome: PassOutcome,
    { now, open }: Situation,
    session: EntityManager,
  ): Promise<{ write: PassWrite; written: Written }> {
    const room = MAX_OPEN_ALERTS - open.length;
    const write = passWrite(outcome, { now, room, newId: randomUUID });
    this.tellIfFull(write.isFull);
    try {
      const written = await this.writes.write(write, session);
      if (write.broken.length > 0 || wasOvertaken(write, written)) this.forgetRules();
      return { write, written };
    } catch (error) {
      // What was known may be what it fails for, such as a rule that is gone.
      this.forgetRules();
      this.forgetInventory();
      throw error;
    }
  }

  private tellBroken({ broken }: PassOutcome, written: Written, { rules }: RulePlan): void {
    for (const { ruleId, reason } of broken) {
      if (!written.broken.includes(ruleId)) continue;
      const name = rules.find(({ id }) => id === ruleId)?.name ?? ruleId;
      this.log.error(`The alert rule "${name}" cannot be evaluated and is switched off: ${reason}`);
    }
  }

  private tellIfFull(isFull: boolean): void {
    if (isFull && !this.isFull) {
      this.log.error(
        `So many alerts are open (at most ${MAX_OPEN_ALERTS}) that only worse ones are opened until some of them are resolved`,
      );
    }
    this.isFull = isFull;
  }
}

function scopeFaults({ scopeOf }: RulePlan, { failed }: ReadInventory): [string, string][] {
  if (failed.size === 0) return [];
  return [...scopeOf].flatMap(([id, key]) => {
    const reason = key === null ? undefined : failed.get(key);
    return reason === undefined ? [] : [[id, `scope: ${reason}`]];
  });
}

function wasOvertaken({ alerts }: PassWrite, { opened, changed, dropped }: Written): boolean {
  return opened + changed + dropped < alerts.length;
}

function figuresOf(
  { opened, changed, resolved, dropped, tally }: PassOutcome,
  open: readonly StoredAlert[],
  { events }: PassWrite,
): Omit<PassFigures, 'durationMs'> {
  const fired = events.filter(({ kind }) => kind === 'fired').length;
  const wasFiring = open.filter(({ state }) => state === 'firing').length;
  const isFiring = (alerts: PassOutcome['opened' | 'changed'][number][]) =>
    alerts.filter(({ state }) => state.state === 'firing').length;
  const began = isFiring(opened) + changed.filter(({ before, state }) => before.state !== state.state).length;
  const firing = wasFiring + began - resolved.length;
  return {
    rules: tally.rules,
    targets: tally.verdicts,
    firing,
    pending: open.length + opened.length - dropped.length - resolved.length - firing,
    fired,
    resolved: resolved.length,
  };
}
