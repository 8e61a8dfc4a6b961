import { Injectable } from '@nestjs/common';
import type { Signal } from '../../metrics/metric.js';
import { type SignalReading, SignalSource, type SignalTarget } from '../../metrics/signal-source.port.js';
import { QUEUE_NAMES } from '../../platform/config/settings.schema.js';
import { INSTALLATION, queueTarget } from './sample.js';
import { SelfMemory } from './self-memory.js';
import { SELF_METRICS } from './self-metrics.js';

const TARGETS: Readonly<Record<'self' | 'queue', readonly SignalTarget[]>> = {
  self: [INSTALLATION],
  queue: QUEUE_NAMES.map(queueTarget),
};

/** Offers what the sampler of this process found, from memory; in a process without one, only the names of the metrics. */
@Injectable()
export class SelfSignalSource extends SignalSource {
  readonly name = 'self';
  readonly metrics = SELF_METRICS.filter(({ target }) => target in TARGETS);

  constructor(private readonly memory: SelfMemory) {
    super();
  }

  async read(signals: readonly Signal[]): Promise<SignalReading[]> {
    const now = performance.now();
    return (['self', 'queue'] as const).flatMap((kind) => {
      const asked = signals.filter(({ metric }) => this.kindOf(metric) === kind);
      if (asked.length === 0) return [];
      const targets = TARGETS[kind];
      const columns = asked.map(({ metric }) =>
        Float64Array.from(targets, (target) => this.valueOf(metric, target, now)),
      );
      return [{ kind, targets, signals: asked, columns }];
    });
  }

  private kindOf(name: string) {
    return this.metrics.find((metric) => metric.name === name)?.target;
  }

  private valueOf(metric: string, target: SignalTarget, now: number): number {
    if (metric !== 'self.dead_letters') return this.memory.valueOf(metric, target, now);
    const [jobs, deliveries] = ['self.failed_jobs', 'self.failed_deliveries'].map((part) =>
      this.memory.valueOf(part, target, now),
    );
    return jobs! + deliveries!;
  }
}
