import { Injectable } from '@nestjs/common';
import type { Signal } from '../../metrics/metric.js';
import { type SignalReading, SignalSource } from '../../metrics/signal-source.port.js';
import { RULES_PART } from './parts/rules-part.store.js';
import { SelfMemory } from './self-memory.js';
import { SELF_METRICS } from './self-metrics.js';

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
    const samples = this.memory.samplesOf(RULES_PART, performance.now());
    if (!samples) throw new Error('the rules could not be looked at');
    const values = Float64Array.from(samples, ({ value }) => value);
    return [
      { kind: 'rule', targets: samples.map(({ target }) => target), signals, columns: signals.map(() => values) },
    ];
  }
}
