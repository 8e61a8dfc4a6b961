import type { SignalTarget } from '../../metrics/signal-source.port.js';
import type { QueueName } from '../../platform/config/settings.schema.js';
import type { SelfMetricName } from './self-metrics.js';

/** One value that a part found. */
export interface Sample {
  metric: SelfMetricName;
  target: SignalTarget;
  value: number;
}

/** What most values are about. */
export const INSTALLATION: SignalTarget = { key: 'installation', name: 'Swarmward', labels: {} };

export const queueTarget = (name: QueueName): SignalTarget => ({ key: name, name, labels: { queue: name } });

/** Values of the installation as a whole. */
export function ofInstallation(values: Partial<Record<SelfMetricName, number>>): Sample[] {
  return Object.entries(values).map(([metric, value]) => ({
    metric: metric as SelfMetricName,
    target: INSTALLATION,
    value,
  }));
}
