import { setMaxListeners } from 'node:events';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Settings } from '../../platform/config/settings.schema.js';
import { OutageLog } from '../../platform/queue/outage-log.js';
import { ChannelVault, type KeptChannel } from '../channels/channel-vault.store.js';
import { backOffMs } from '../policy/back-off.js';
import { ChannelGate } from './channel-gate.js';
import { type Claimed, Claimer } from './claimer.service.js';
import { ClaimStore } from './claim.store.js';
import { Lanes } from './lanes.js';
import { type AttemptResult, ResultsStore } from './results.store.js';
import { Sender } from './sender.service.js';

/** How long channels are known for; told at once when one changes. */
const CHANNELS_MEMORY_MS = 10_000;
/** What waited longer in this process is given back: its time would not do. */
const MAX_QUEUED_MS = 5_000;
/** Written down together while more is under way. */
const RESULTS_BATCH = 128;
/** A delivery that failed so often says that its channel is out. */
const OUTAGE_ATTEMPTS = 3;

interface Task extends Claimed {
  claimedAt: number;
  channel: KeptChannel;
}

interface Watched {
  gate: ChannelGate;
  outage: OutageLog;
}

/** Sends what is due, round by round: outcomes are written, room is claimed, the rest is under way meanwhile. */
@Injectable()
export class DeliveryRounds {
  private readonly log = new Logger('Deliveries');
  private readonly watched = new Map<string, Watched>();
  private readonly lanes = new Lanes<Task>((task) => this.attempt(task));
  private known: { channels: Map<string, KeptChannel>; until: number } | null = null;
  private results: AttemptResult[] = [];
  private readonly recovered = new Set<string>();
  private ending = endingOfMany();
  /** Told when there is something to write, or room. */
  onProgress: () => void = () => undefined;

  constructor(
    private readonly database: DataSource,
    private readonly settings: Settings,
    private readonly vault: ChannelVault,
    private readonly claimer: Claimer,
    private readonly claims: ClaimStore,
    private readonly store: ResultsStore,
    private readonly sender: Sender,
  ) {}

  /** A channel changed. */
  forgetChannels(): void {
    this.known = null;
  }

  /**
   * Writes outcomes, then claims as much as there is room for. Rejects while the database is away; nothing is lost by that.
   * @returns how long nothing will be due, ms; null when nothing is to come
   */
  async round(): Promise<number | null> {
    await this.flush();
    const channels = await this.channels();
    // Asked first: what becomes due between the two is claimed, not forgotten.
    const idleMs = await this.idleMs(channels);
    const now = performance.now();
    const room = [...channels.values()].flatMap(({ id: channelId, name, enabled }) => {
      const { gate } = this.watch(channelId, name);
      const free = gate.room(now);
      if (free > 0) return [{ channelId, free, enabled }];
      const asked = gate.askedRoom(now);
      return asked > 0 ? [{ channelId, free: asked, enabled, onlyAsked: true }] : [];
    });
    const claimed = await this.claimer.claim(room);
    const tasks = claimed.flatMap((each) => {
      const channel = channels.get(each.channelId);
      return channel ? [{ ...each, channel, claimedAt: performance.now() }] : [];
    });
    for (const { id, channel } of tasks) this.watch(channel.id, channel.name).gate.claimed(id);
    this.lanes.add(tasks);
    return idleMs;
  }

  private async idleMs(channels: ReadonlyMap<string, KeptChannel>): Promise<number | null> {
    const now = performance.now();
    const all = [...channels.values()];
    const opening = all.flatMap(({ id, name }) => this.watch(id, name).gate.opensAt(now) ?? []);
    const open = all.filter(({ id, name }) => this.watch(id, name).gate.opensAt(now) === null).map(({ id }) => id);
    const due = await this.claims.nextDueMs(open, this.database.manager);
    const times = [...opening.map((at) => at - now), ...(due === null ? [] : [due])];
    return times.length > 0 ? Math.max(0, Math.min(...times)) : null;
  }

  /**
   * Gives back what has not begun, and waits for what is under way.
   * @param patienceMs then it is broken off, its outcome unknown
   */
  async end(patienceMs: number): Promise<void> {
    for (const task of this.lanes.drain()) this.giveBack(task);
    const timer = setTimeout(() => this.ending.abort(new Error('The process ends.')), patienceMs);
    await this.lanes.idle();
    clearTimeout(timer);
    this.ending = endingOfMany();
    await this.flush();
  }

  /** What the database could not be told yet is told next time: until then it is nobody else's. */
  private async flush(): Promise<void> {
    if (this.results.length === 0) return;
    const [results, recovered] = [this.results, [...this.recovered]];
    this.results = [];
    let failed: { id: string; error: string | null }[];
    try {
      failed = await this.store.write(results, recovered);
    } catch (error) {
      this.results = [...results, ...this.results];
      throw error;
    }
    for (const id of recovered) this.recovered.delete(id);
    const [first] = failed;
    if (first) {
      const count = failed.length === 1 ? 'A delivery was' : `${failed.length} deliveries were`;
      this.log.warn(`${count} given up, see /api/v1/deliveries/${first.id}: ${first.error ?? 'no reason is known'}`);
    }
  }

  private async channels(): Promise<Map<string, KeptChannel>> {
    if (!this.known || performance.now() > this.known.until) {
      const until = performance.now() + CHANNELS_MEMORY_MS;
      const known = { channels: new Map<string, KeptChannel>(), until };
      this.known = known;
      try {
        known.channels = await this.vault.open();
      } catch (error) {
        this.known = null;
        throw error;
      }
      for (const id of this.watched.keys()) if (!known.channels.has(id)) this.watched.delete(id);
      return known.channels;
    }
    return this.known.channels;
  }

  private watch(id: string, name: string): Watched {
    let watched = this.watched.get(id);
    if (!watched) {
      watched = { gate: new ChannelGate(), outage: new OutageLog(`The channel "${name}"`, this.log) };
      this.watched.set(id, watched);
    }
    return watched;
  }

  /** Never throws. */
  private async attempt(task: Task): Promise<void> {
    if (performance.now() - task.claimedAt > MAX_QUEUED_MS) return this.giveBack(task);
    const startedAt = performance.now();
    const outcome = await this.sender.send(task.message, task.channel, this.ending.signal);
    const now = performance.now();
    const { gate, outage } = this.watch(task.channelId, task.channel.name);
    const baseMs = this.settings.notifyBackoffSeconds * 1_000;
    const retryAfterSeconds = outcome.outcome === 'refused' ? outcome.retryAfterSeconds : null;
    if (outcome.outcome === 'delivered') {
      if (gate.succeeded(task.id, now - task.claimedAt)) this.recovered.add(task.channelId);
      outage.succeeded(new Date());
    } else {
      const permanent = outcome.outcome === 'refused' && outcome.permanent;
      gate.failed(task.id, now, { permanent, retryAfterSeconds, baseMs });
      // One failure is no outage.
      const isOut = gate.opensAt(now) !== null || task.number >= OUTAGE_ATTEMPTS;
      if (!permanent && isOut) outage.failed(new Error(outcome.error), new Date());
    }
    this.keep(
      task,
      outcome,
      startedAt,
      now - startedAt,
      backOffMs(task.number, baseMs, retryAfterSeconds, Math.random()),
    );
  }

  private giveBack(task: Task): void {
    this.watch(task.channelId, task.channel.name).gate.released(task.id);
    this.keep(task, null, performance.now(), 0, 0);
  }

  private keep(
    { id: deliveryId, channelId, number }: Task,
    outcome: AttemptResult['outcome'],
    startedAt: number,
    durationMs: number,
    nextInMs: number,
  ): void {
    this.results.push({ deliveryId, channelId, number, startedAt, durationMs, outcome, nextInMs });
    if (this.results.length >= RESULTS_BATCH || !this.lanes.isQueued(channelId)) this.onProgress();
  }
}

/** Every attempt under way listens to it, and listens no more when it is over: as many as there are channels and more. */
function endingOfMany(): AbortController {
  const ending = new AbortController();
  setMaxListeners(0, ending.signal);
  return ending;
}
