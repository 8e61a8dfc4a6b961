/** What a value is about. `node` and `service` are of the swarm; `queue`, `rule` and `channel` are of the installation itself. */
export type TargetKind = 'device' | 'swarm' | 'node' | 'service' | 'self' | 'queue' | 'rule' | 'channel';

export const AGGREGATIONS = ['last', 'avg', 'min', 'max', 'rate'] as const;
/** How the values of a window become one. `last` has no window; `rate` is the change a second between first and last. */
export type Aggregation = (typeof AGGREGATIONS)[number];

/** Something that rules may ask for. */
export interface MetricDefinition {
  /** Such as `icmp.loss_percent`. `snmp.*` stands for every item, named by its name. */
  name: string;
  target: TargetKind;
  /** As in the name where it has one: `seconds`, `percent`, `ms`; `1 or 0`; null for plain counts. */
  unit: string | null;
  /** What its values can be, where the unit does not say it: percent are from 0 to 100, seconds and ms never below 0. */
  range?: readonly [low: number, high: number];
  description: string;
  aggregations: readonly Aggregation[];
  /** Longest window of an aggregation; null when it has only `last`. */
  longestWindowSeconds: number | null;
  /** Whether a backtest can ask what it was. */
  hasHistory: boolean;
  /** For the evaluator only, not offered to people. */
  internal?: boolean;
}

/** One value per target that a rule needs. Two with equal {@link signalKey} are the same. */
export interface Signal {
  metric: string;
  agg: Aggregation;
  /** Null for `last`. */
  windowSeconds: number | null;
}

/** Such as `avg(icmp.loss_percent, 300)`. */
export function signalKey({ metric, agg, windowSeconds }: Signal): string {
  return `${agg}(${metric}, ${windowSeconds ?? 0})`;
}

/** Nothing is known: never probed, no sample in the window, the source failed. */
export const UNKNOWN = Number.NaN;
/** The metric says nothing about this target and never will, such as `icmp.rtt_ms` of a device that is checked over TCP. */
export const NOT_APPLICABLE = Number.POSITIVE_INFINITY;
