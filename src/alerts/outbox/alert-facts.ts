import type { GroupKey } from '../engine/rule.js';
import type { OutboxKind } from '../engine/alert.js';
import type { Severity } from '../severity.js';

/** An alert as it is now, as far as telling needs it. */
export interface AlertFacts {
  id: string;
  fingerprint: string;
  ruleId: string | null;
  ruleName: string;
  severity: Severity;
  state: 'pending' | 'firing' | 'resolved';
  targetKind: string;
  targetKey: string;
  targetName: string;
  deviceId: string | null;
  siteId: string | null;
  siteName: string | null;
  region: string | null;
  labels: Record<string, string>;
  summary: string;
  value: number | null;
  runbookUrl: string | null;
  /** Since when its trouble has been there. */
  beganAt: Date;
  firedAt: Date | null;
  resolvedAt: Date | null;
  resolution: string | null;
  /** Who ended it by hand. */
  resolvedBy: string | null;
  /** Somebody has it in hand now. */
  acknowledged: boolean;
  /** It is in maintenance, silenced, … now. */
  suppressed: boolean;
  /** Of its rule as that is now; the defaults once it is deleted. */
  groupBy: GroupKey[];
  channelIds: string[];
}

/** Something that must be told. */
export interface OutboxItem {
  kind: OutboxKind;
  /** When it happened. */
  at: Date;
  alert: AlertFacts;
}
