import type { MetricDefinition } from '../../metrics/metric.js';

export const SNMP_FAMILY = 'snmp.';
/** Further back a window would read too much at every evaluation. */
export const SNMP_WINDOW_SECONDS = 3_600;

export const SNMP_METRIC: MetricDefinition = {
  name: 'snmp.*',
  target: 'device',
  unit: null,
  description:
    'The monitoring item of that exact name, such as snmp.load for the item "load" of each device that has one, in the unit of the item. ' +
    'Only items that are polled and are numbers. Unknown while the item answers with an error or has not been polled three times in a ' +
    'row. `rate` is how much it changed a second between the first and the last value of the window.',
  aggregations: ['last', 'avg', 'min', 'max', 'rate'],
  longestWindowSeconds: SNMP_WINDOW_SECONDS,
  hasHistory: true,
};

/** Of `snmp.load` it is `load`. */
export const itemOf = (metric: string): string => metric.slice(SNMP_FAMILY.length);
