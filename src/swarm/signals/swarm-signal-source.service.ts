import { Injectable } from '@nestjs/common';
import { NOT_APPLICABLE, type Signal, type TargetKind, UNKNOWN } from '../../metrics/metric.js';
import { type SignalReading, SignalSource, type SignalTarget } from '../../metrics/signal-source.port.js';
import { Settings } from '../../platform/config/settings.schema.js';
import type { SwarmReading } from '../picture/reading.js';
import { SwarmReader } from '../picture/swarm-reader.service.js';
import { SWARM_METRICS } from './swarm-metrics.js';
import { nodeTarget, nodeValue, serviceTarget, serviceValue, swarmTargets, swarmValue } from './swarm-signals.js';

const TARGET_OF = new Map(SWARM_METRICS.map(({ name, target }) => [name, target]));

/** What the last picture of the swarm says, through the same reader as the API: never Docker, at most one small statement. */
@Injectable()
export class SwarmSignalSource extends SignalSource {
  readonly name = 'swarm';
  readonly metrics = SWARM_METRICS;

  constructor(
    private readonly reader: SwarmReader,
    private readonly settings: Settings,
  ) {
    super();
  }

  /** @throws when it cannot be read what is known of the swarm: without its targets, all of them would count as gone */
  async read(signals: readonly Signal[]): Promise<SignalReading[]> {
    if (signals.length === 0) return [];
    const reading = await this.latest();
    if (reading.unconfirmed && !reading.picture) throw new Error('the state of the swarm cannot be read');
    const now = new Date();
    const { swarmRefreshSeconds: refreshSeconds } = this.settings;
    const facts = { reading, hits: this.reader.hits.hits(now), now, refreshSeconds };
    const { swarm, nodes, services, isCurrent } = swarmTargets(facts);
    const collectedAt = reading.picture?.collectedAt ?? '';
    const whenCurrent = (value: number) => (isCurrent || value === NOT_APPLICABLE ? value : UNKNOWN);
    return [
      swarm && readingOf('swarm', signals, swarm, (metric) => swarm.map(() => swarmValue(metric, facts, isCurrent))),
      nodes &&
        readingOf('node', signals, nodes.map(nodeTarget), (metric) =>
          nodes.map((node) => whenCurrent(nodeValue(metric, node))),
        ),
      services &&
        readingOf('service', signals, services.map(serviceTarget), (metric) =>
          services.map((service) => whenCurrent(serviceValue(metric, service, collectedAt))),
        ),
    ].flatMap((each) => each ?? []);
  }

  /**
   * Who reads because a picture was just published must not get the reader's copy from before, nor one that another caller had begun to
   * look for before: of that the reader says itself that it is not fresh, and looks again.
   */
  private async latest(): Promise<SwarmReading> {
    this.reader.forget();
    await this.reader.current();
    return this.reader.current();
  }
}

function readingOf(
  kind: Exclude<TargetKind, 'device'>,
  asked: readonly Signal[],
  targets: readonly SignalTarget[],
  valuesOf: (metric: string) => number[],
): SignalReading | null {
  const signals = asked.filter(({ metric, agg }) => TARGET_OF.get(metric) === kind && agg === 'last');
  if (signals.length === 0) return null;
  return { kind, signals, targets, columns: signals.map(({ metric }) => Float64Array.from(valuesOf(metric))) };
}
