import { Injectable } from '@nestjs/common';
import type { Signal } from '../../metrics/metric.js';
import { type SignalReading, SignalSource } from '../../metrics/signal-source.port.js';
import { within } from '../../platform/observability/time-limit.js';
import { RULES_PART } from './parts/rules-part.store.js';
import { SelfMemory } from './self-memory.js';
import { SELF_METRICS } from './self-metrics.js';

/** A little longer than one look may take. */
const FIRST_LOOK_MS = 2_500;

/**
 * Offers which rules are broken. A source of its own: its targets are what the sampler found, and while nothing is known of them reading it
 * must fail, or a rule that is still broken would count as gone.
 */
@Injectable()
export class BrokenRulesSource extends SignalSource {
  readonly name = 'broken rules';
  readonly metrics = SELF_METRICS.filter(({ target }) => target === 'rule');

  constructor(private readonly memory: SelfMemory) {
    super();
  }

  async read(signals: readonly Signal[]): Promise<SignalReading[]> {
    // The very first evaluation is quicker than the sampler.
    await within(FIRST_LOOK_MS, this.memory.firstLook(RULES_PART)).catch(() => undefined);
    const samples = this.memory.samplesOf(RULES_PART, performance.now());
    if (!samples) throw new Error('the rules could not be looked at');
    const values = Float64Array.from(samples, ({ value }) => value);
    return [
      { kind: 'rule', targets: samples.map(({ target }) => target), signals, columns: signals.map(() => values) },
    ];
  }
}
