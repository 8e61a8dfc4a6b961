import { type MetricDefinition, type Signal, type TargetKind, UNKNOWN } from '../../src/metrics/metric.js';
import { type SignalReading, SignalSource, type SignalTarget } from '../../src/metrics/signal-source.port.js';

const metric = (name: string, target: TargetKind, more: Partial<MetricDefinition> = {}): MetricDefinition => ({
  name,
  target,
  unit: null,
  description: name,
  aggregations: ['last', 'avg', 'min', 'max'],
  longestWindowSeconds: 600,
  hasHistory: false,
  ...more,
});
const internal = { internal: true, aggregations: ['last'], longestWindowSeconds: null } as const;

const METRICS: readonly MetricDefinition[] = [
  ...['down_seconds', 'no_data_seconds', 'flaps', 'flapping'].map((name) => metric(`device.${name}`, 'device')),
  ...['down_seconds', 'loss_percent', 'rtt_ms'].map((name) => metric(`icmp.${name}`, 'device')),
  metric('device.state_code', 'device', internal),
  metric('device.failing', 'device', internal),
  metric('swarm.node_down', 'node'),
  metric('self.workers', 'self'),
  metric('self.rule_broken', 'rule'),
];

/** Values as a test says; what it says nothing about is 0 for devices. */
export class ScriptedSignals extends SignalSource {
  readonly name = 'scripted';
  readonly metrics = METRICS;
  /** By number. */
  devices: number[] = [];
  readonly targets = new Map<Exclude<TargetKind, 'device'>, SignalTarget[]>();
  /** How often it was asked. */
  reads = 0;
  asked: readonly Signal[] = [];
  /** Called before it answers; may throw or never end. */
  before: () => Promise<void> = async () => undefined;
  private readonly values = new Map<string, Map<number | string, number>>();

  /** @param target number of a device, or key */
  set(name: string, target: number | string, value: number): void {
    const values = this.values.get(name) ?? new Map<number | string, number>();
    this.values.set(name, values.set(target, value));
  }

  setAll(name: string, targets: Iterable<number | string>, value: number): void {
    for (const target of targets) this.set(name, target, value);
  }

  async read(signals: readonly Signal[]): Promise<SignalReading[]> {
    this.reads++;
    this.asked = signals;
    await this.before();
    const kinds = new Set(signals.map(({ metric: name }) => kindOf(name)));
    return [...kinds].map((kind): SignalReading => {
      const own = signals.filter(({ metric: name }) => kindOf(name) === kind);
      const targets = kind === 'device' ? [] : (this.targets.get(kind) ?? []);
      const keys: (number | string)[] = kind === 'device' ? this.devices : targets.map(({ key }) => key);
      const columns = own.map(({ metric: name }) => {
        const values = this.values.get(name);
        return Float64Array.from(keys.map((key) => values?.get(key) ?? (kind === 'device' ? 0 : UNKNOWN)));
      });
      return kind === 'device'
        ? { kind, signals: own, nums: Int32Array.from(this.devices), columns }
        : { kind, signals: own, targets, columns };
    });
  }
}

const kindOf = (name: string): TargetKind => METRICS.find((each) => each.name === name)?.target ?? 'device';
