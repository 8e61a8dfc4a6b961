import type { Aggregation } from '../../metrics/metric.js';

export const OPERATORS = ['>', '>=', '<', '<=', '==', '!='] as const;
export type Operator = (typeof OPERATORS)[number];

export interface Comparison {
  metric: string;
  /** Absent: `last`. */
  agg?: Aggregation;
  /** Needed by every aggregation but `last`, which has none. */
  window_seconds?: number;
  op: Operator;
  value: number;
}

/** When a rule holds, as it is stored and on the wire. */
export type Condition = Comparison | { all: Condition[] } | { any: Condition[] } | { not: Condition };

/** How much a condition may hold. */
export const CONDITION_LIMITS = { textLength: 4_000, depth: 16, comparisons: 50, value: 1e15 } as const;

/**
 * Three-valued: `null` is unknown. A comparison with UNKNOWN is unknown, with NOT_APPLICABLE false; `all` is false as soon as one part is,
 * `any` true as soon as one is.
 */
export type Verdict = boolean | null;
