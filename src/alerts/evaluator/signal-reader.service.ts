import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { type Signal, signalKey } from '../../metrics/metric.js';
import type { SignalReading, SignalSource } from '../../metrics/signal-source.port.js';
import { SignalSources } from '../../metrics/signal-sources.service.js';
import { OutageLog } from '../../platform/queue/outage-log.js';

/** Times of reading; tests shorten them. */
export class SignalReaderTimes {
  /** How long a source may take. */
  readonly limitMs: number = 5_000;
  /** How long one that did not answer is left alone, unless it answers after all. */
  readonly patienceMs: number = 60_000;
}

/** Current values. */
interface SignalsRead {
  readings: SignalReading[];
  /** By `signalKey` those whose source failed: nothing is known of them now, so that all stays as it is. */
  failed: ReadonlySet<string>;
  blind: Blindness;
}

/** What could not be read although rules ask for it. */
export interface Blindness {
  /** How many sources fail. */
  sources: number;
  /** For how long the one has that began first, ms; 0: none does. */
  ms: number;
}

/** Asks every source once, all at the same time. One that fails or hangs takes nothing but its own values with it. */
@Injectable()
export class SignalReader {
  private readonly log = new Logger('AlertEvaluator');
  private readonly outages = new Map<SignalSource, OutageLog>();
  /** Sources that failed when they were asked last, by when they began to. */
  private readonly failing = new Map<SignalSource, number>();
  /** Sources that have not answered yet, by when they were asked. */
  private readonly hanging = new Map<SignalSource, number>();

  constructor(
    private readonly sources: SignalSources,
    private readonly times: SignalReaderTimes = new SignalReaderTimes(),
  ) {}

  /** @param signals each once; those that no source offers are left out */
  async read(signals: readonly Signal[]): Promise<SignalsRead> {
    const asked = new Map<SignalSource, Signal[]>();
    for (const signal of signals) {
      const source = this.sources.sourceOf(signal.metric);
      if (source) asked.set(source, [...(asked.get(source) ?? []), signal]);
    }
    const failed = new Set<string>();
    const parts = await Promise.all(
      [...asked].map(async ([source, wanted]) => {
        const readings = await this.readOne(source, wanted);
        if (!readings) for (const signal of wanted) failed.add(signalKey(signal));
        return readings ?? [];
      }),
    );
    const since = [...asked.keys()].flatMap((source) => this.failing.get(source) ?? []);
    const ms = since.length > 0 ? performance.now() - Math.min(...since) : 0;
    return { readings: parts.flat(), failed, blind: { sources: since.length, ms } };
  }

  private async readOne(source: SignalSource, signals: Signal[]): Promise<SignalReading[] | null> {
    const outage = this.outages.get(source) ?? new OutageLog(`The source of values "${source.name}"`, this.log);
    this.outages.set(source, outage);
    try {
      const readings = await this.withinLimit(source, signals);
      outage.succeeded(new Date());
      this.failing.delete(source);
      return readings;
    } catch (error) {
      outage.failed(error, new Date());
      if (!this.failing.has(source)) this.failing.set(source, performance.now());
      return null;
    }
  }

  private async withinLimit(source: SignalSource, signals: Signal[]): Promise<SignalReading[]> {
    const { limitMs, patienceMs } = this.times;
    const askedAt = this.hanging.get(source);
    if (askedAt !== undefined && performance.now() - askedAt < patienceMs) throw noAnswer(performance.now() - askedAt);
    const now = performance.now();
    this.hanging.set(source, now);
    // A source that throws before it promises anything is one that fails as well.
    const asked = Promise.resolve().then(() => source.read(signals));
    const reading = asked.finally(() => {
      if (this.hanging.get(source) === now) this.hanging.delete(source);
    });
    const limit = new AbortController();
    const late = pause(limitMs, undefined, { signal: limit.signal }).then(() => {
      throw noAnswer(limitMs);
    });
    try {
      return await Promise.race([reading, late]);
    } finally {
      limit.abort();
      // Whichever came second fails unheard.
      late.catch(() => undefined);
      reading.catch(() => undefined);
    }
  }
}

const noAnswer = (ms: number): Error => new Error(`no answer for ${Math.round(ms / 1_000)} s`);
