import { Injectable } from '@nestjs/common';
import type { MetricDefinition } from './metric.js';
import type { SignalSource } from './signal-source.port.js';

/**
 * Every source of values, and the catalogue of what rules may ask for. Features register when their module starts.
 * @example constructor(sources: SignalSources, source: ProbeSignalSource) { sources.register(source); }
 */
@Injectable()
export class SignalSources {
  private readonly sources: SignalSource[] = [];
  private readonly byName = new Map<string, { definition: MetricDefinition; source: SignalSource }>();

  /** @throws Error when another source has a metric of the same name */
  register(source: SignalSource): void {
    for (const definition of source.metrics) {
      if (this.byName.has(definition.name)) throw new Error(`The metric ${definition.name} is offered twice`);
      this.byName.set(definition.name, { definition, source });
    }
    this.sources.push(source);
  }

  get all(): readonly SignalSource[] {
    return this.sources;
  }

  /** Everything that people may ask for, by name. */
  get catalogue(): MetricDefinition[] {
    const offered = [...this.byName.values()].map(({ definition }) => definition).filter(({ internal }) => !internal);
    return offered.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The metric of that name; `snmp.load` is found as `snmp.*`. */
  find(metric: string): MetricDefinition | undefined {
    return this.entry(metric)?.definition;
  }

  sourceOf(metric: string): SignalSource | undefined {
    return this.entry(metric)?.source;
  }

  private entry(metric: string) {
    const family = metric.slice(0, metric.indexOf('.'));
    return this.byName.get(metric) ?? this.byName.get(`${family}.*`);
  }
}
