import type { TargetKind } from '../../../metrics/metric.js';
import type { Severity } from '../../severity.js';
import type { Comparison } from '../condition.js';
import { numberText } from './value-text.js';

/** What a message may say of an alert. */
export interface MessageFacts {
  rule: string;
  severity: Severity;
  /** The value that made the condition true; null: unknown. */
  value: number | null;
  /** Which part of the condition `value` is of; absent: the first. */
  comparison?: Comparison | null;
  targetKind: TargetKind;
  target: string;
  site: string | null;
  device: { ip: string | null } | null;
  /** Since when the trouble has been there, in ms since the epoch: not after the condition began to hold. */
  since: number;
  runbookUrl: string | null;
}

/** What `{{…}}` may name in a template. What is not known is left empty. */
export const PLACEHOLDERS = {
  rule: ({ rule }) => rule,
  severity: ({ severity }) => severity,
  value: ({ value }) => (value === null ? '' : numberText(value)),
  target: ({ target }) => target,
  'target.kind': ({ targetKind }) => targetKind,
  site: ({ site }) => site ?? '',
  'device.ip': ({ device }) => device?.ip ?? '',
  since: ({ since }) => new Date(since).toISOString(),
  runbook_url: ({ runbookUrl }) => runbookUrl ?? '',
} satisfies Record<string, (facts: MessageFacts) => string>;

export type Placeholder = keyof typeof PLACEHOLDERS;
