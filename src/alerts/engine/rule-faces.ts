import { faceOf, type Labels } from './alert-face.js';
import { ruleFaceKey, targetFaceKey } from './face-key.js';
import type { ColumnOf } from './language/compile-condition.js';
import { defaultMessage } from './message/default-message.js';
import { parseMessage } from './message/parse-message.js';
import { renderMessage } from './message/render-message.js';
import type { AlertFace, PassRule, StoredAlert } from './pass.js';
import { type Shown, shownValue } from './shown-value.js';
import type { Target } from './targets.js';

/** A new value is written after this time at the earliest, unless something else has changed. */
const REFRESH_MS = 60_000;

/** What the alerts of one rule say in one pass. */
export class RuleFaces {
  private readonly shown;
  private readonly ruleKey: string;
  private template: ReturnType<typeof parseMessage> | null = null;

  constructor(
    private readonly rule: PassRule,
    columnOf: ColumnOf,
    private readonly now: number,
  ) {
    this.shown = shownValue(rule.condition, columnOf);
    this.ruleKey = ruleFaceKey(rule);
  }

  /** What a new alert says, and since when its trouble has been there. */
  opening(row: number, target: Target, labels: Labels): { face: AlertFace; beganAt: number } {
    const beganAt = beginning(this.shown(row), this.now);
    return { face: this.face(row, target, labels, beganAt, null), beganAt };
  }

  /** What an open alert says now; null while that is to stay as it is. With news it is written anyway. */
  fresh(alert: StoredAlert, row: number, target: Target, labels: () => Labels, isNews: boolean): AlertFace | null {
    const mustSay = isNews || alert.faceKey !== this.keyOf(target);
    if (!mustSay && this.now - alert.evaluatedAt < REFRESH_MS) return null;
    const face = this.face(row, target, labels(), alert.beganAt ?? alert.pendingSince, alert);
    const saysTheSame = Object.is(face.value, alert.value) && face.summary === alert.summary;
    return saysTheSame && !mustSay ? null : face;
  }

  private keyOf(target: Target): string {
    return this.ruleKey + targetFaceKey(target);
  }

  /** @param before what it said until now: while no value is known it goes on with its last one */
  private face(row: number, target: Target, labels: Labels, since: number, before: StoredAlert | null): AlertFace {
    const { rule } = this;
    const key = this.keyOf(target);
    const { value: known, comparison } = this.shown(row);
    const value = known ?? before?.value ?? null;
    if (known === null && before?.faceKey === key) {
      return faceOf(rule, target, { labels, value, summary: before.summary, key });
    }
    const facts = {
      rule: rule.name,
      severity: rule.severity,
      value,
      comparison,
      targetKind: target.kind,
      target: target.name,
      site: target.device?.siteName ?? null,
      device: target.device && { ip: target.device.ip },
      since,
      runbookUrl: rule.runbookUrl,
    };
    if (rule.message !== null) this.template ??= parseMessage(rule.message);
    const summary = this.template ? renderMessage(this.template, facts) : defaultMessage(rule.condition, facts);
    return faceOf(rule, target, { labels, value, summary, key });
  }
}

/** Since when what an alert is about has been so: a value that says how long goes further back than the condition. */
function beginning({ comparison, value }: Shown, now: number): number {
  const isAge =
    /\.(?:down|no_data)_seconds$/.test(comparison.metric) && (comparison.op === '>' || comparison.op === '>=');
  return isAge && value !== null && value > 0 ? now - Math.round(value * 1_000) : now;
}
