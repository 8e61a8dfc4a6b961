import { isDeepStrictEqual } from 'node:util';
import type { MetricDefinition, TargetKind } from '../../metrics/metric.js';
import type { InvalidValue } from '../../platform/http/problem.js';
import { tellable, validationMessage } from '../../platform/http/validation-message.js';
import type { Condition } from '../engine/condition.js';
import { checkCondition } from '../engine/language/check-condition.js';
import { signalsOf } from '../engine/language/compile-condition.js';
import { ConditionError } from '../engine/language/condition-problem.js';
import { conditionSchema } from '../engine/language/condition-schema.js';
import { locateProblems, readCondition } from '../engine/language/parse-condition.js';
import { printCondition } from '../engine/language/print-condition.js';
import { MessageError, parseMessage } from '../engine/message/parse-message.js';
import type { Scope } from '../engine/rule.js';
import type { RuleChanges } from './rule-fields.js';
import { defaultScope, scopeSchema } from './rule-scope.js';
import { type FoundReferences, resolveScope } from './rule-references.js';
import { DEFAULTS, type RuleValues } from './rule-row.js';
import { readStoredCondition } from './stored-rule-parts.js';

/** What a rule is held against. */
export interface RuleContext {
  find(metric: string): MetricDefinition | undefined;
  catalogue: readonly MetricDefinition[];
  references: FoundReferences;
  /** Ids that a scope may name though there is nothing of them any more. */
  gone?: ReadonlySet<string>;
  /** By id and name, those that there are. */
  channels: ReadonlyMap<string, { id: string; name: string }>;
}

type RuleProblem = InvalidValue & { code: 'invalid_condition' | 'invalid_message' | 'validation_failed' };

export interface JudgedRule {
  /** Null when there is a problem. */
  values: RuleValues | null;
  problems: RuleProblem[];
  /** What the old words in an expression mean, where that deserves a look. */
  notes: string[];
  /** As far as it could be read, for who asks what is wrong. */
  condition: Condition | null;
  scope: Scope;
}

/**
 * Whether what is said of a rule can be evaluated, and what it then is.
 * @param before null for a new rule
 */
export function judgeRule(changes: RuleChanges, before: RuleValues | null, context: RuleContext): JudgedRule {
  const judge = new Judge(changes, before, context);
  return judge.run();
}

class Judge {
  private readonly problems: RuleProblem[] = [];
  private readonly notes: string[] = [];

  constructor(
    private readonly changes: RuleChanges,
    private readonly before: RuleValues | null,
    private readonly context: RuleContext,
  ) {}

  run(): JudgedRule {
    const { changes, before } = this;
    const given = this.read(changes, '', before === null);
    const stored = before && !saysCondition(changes) ? before : null;
    const condition = given?.condition ?? (stored && readStoredCondition(stored.condition));
    const scope = this.scope(condition);
    if (given) this.check(given, scope);
    const recovery = this.recovery(scope);
    this.compareTargets(
      condition,
      changes.recovery === undefined ? readStoredCondition(before?.recovery_condition) : recovery.recovery_condition,
    );
    // An old condition counts anew where what it is held against changes, and where it is to be evaluated again.
    const again = before !== null && (changes.scope !== undefined || changes.enabled === true);
    if (again && changes.scope === undefined) this.checkStoredScope(before.scope);
    if (again && !saysCondition(changes)) this.checkStored('condition', before.condition, scope);
    if (again && changes.recovery === undefined && before.recovery_condition) {
      this.checkStored('recovery.condition', before.recovery_condition, scope);
    }
    const channel_ids = this.channels();
    this.message();
    const base = before ?? DEFAULTS;
    const {
      recovery: _recovery,
      scope: _scope,
      channels: _channels,
      expression: _text,
      condition: _tree,
      ...fields
    } = changes;
    const values =
      this.problems.length > 0 || (condition === null && !stored)
        ? null
        : ({
            ...base,
            ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)),
            scope,
            ...(condition && { condition, expression: printCondition(condition) }),
            ...recovery,
            ...(channel_ids && { channel_ids }),
          } as RuleValues);
    return { values, problems: this.problems, notes: this.notes, condition, scope };
  }

  private scope(condition: Condition | null): Scope {
    const { changes, before, context } = this;
    if (changes.scope) {
      const errors: InvalidValue[] = [];
      const scope = resolveScope(changes.scope, context.references, errors, context.gone);
      this.problems.push(...errors.map((error) => ({ ...error, code: 'validation_failed' as const })));
      return scope;
    }
    if (before) return before.scope;
    return defaultScope(condition ? this.targetOf(condition) : undefined);
  }

  private recovery(scope: Scope): Partial<RuleValues> {
    const { recovery } = this.changes;
    if (recovery === undefined) return {};
    const { recovery_condition, recovery_expression, recovery_for_seconds } = DEFAULTS;
    if (recovery === null) return { recovery_condition, recovery_expression, recovery_for_seconds };
    const given = this.read(recovery, 'recovery.', false);
    if (given) this.check(given, scope);
    return {
      recovery_condition: given?.condition ?? null,
      recovery_expression: given ? printCondition(given.condition) : null,
      recovery_for_seconds: recovery.for_seconds,
    };
  }

  /** The recovery is judged for the same targets. */
  private compareTargets(condition: Condition | null, recovery: Condition | null | undefined): void {
    if (!condition || !recovery || this.problems.length > 0) return;
    const [target, other] = [this.targetOf(condition), this.targetOf(recovery)];
    if (target === undefined || other === undefined || target === other) return;
    const message = `Is about a ${other}, the condition about a ${target}: both must be about the same.`;
    this.refuse({ path: 'recovery', message });
  }

  private targetOf(condition: Condition): TargetKind | undefined {
    const known = signalsOf(condition).map(({ metric }) => this.context.find(metric));
    return known.find((definition) => definition !== undefined)?.target;
  }

  private read(from: GivenCondition, prefix: string, needed: boolean): ReadCondition | null {
    const { expression, condition: tree } = from;
    const hasText = typeof expression === 'string';
    const hasTree = tree !== undefined && tree !== null;
    const text = hasText ? this.readText(expression, `${prefix}expression`) : null;
    const parsed = hasTree ? this.readTree(tree, `${prefix}condition`) : null;
    if (!hasText && !hasTree && (needed || (prefix === '' && saysCondition(from)))) {
      this.refuse({ path: `${prefix}expression`, message: 'Give `expression`, a text, or `condition`, a tree.' });
    }
    if (text && parsed && !isDeepStrictEqual(text.condition, parsed.condition)) {
      const message = `Does not mean the same as \`expression\`, but ${printCondition(parsed.condition)}. Give one of them.`;
      this.refuse({ path: `${prefix}condition`, message });
      return null;
    }
    return text ?? parsed;
  }

  private readText(text: string, path: string): ReadCondition | null {
    try {
      const { condition, notes } = readCondition(text);
      this.notes.push(...notes);
      return { condition, text, path };
    } catch (error) {
      if (!(error instanceof ConditionError)) throw error;
      for (const problem of error.problems) this.refuse({ path, ...problem });
      return null;
    }
  }

  private readTree(tree: unknown, path: string): ReadCondition | null {
    const read = conditionSchema.safeParse(tree);
    if (read.success) return { condition: read.data, text: null, path };
    for (const issue of read.error.issues)
      this.refuse({ path: [path, ...issue.path].join('.'), message: issue.message });
    return null;
  }

  private check({ condition, text, path }: ReadCondition, scope: Scope): void {
    const { find, catalogue } = this.context;
    const found = checkCondition(condition, { find, catalogue, scopeKind: scope.kind });
    if (text !== null) for (const problem of locateProblems(text, found)) this.refuse({ path, ...problem });
    else for (const { path: at, message } of found) this.refuse({ path: [path, ...at].join('.'), message });
  }

  /** It was written by an older version, or beside us. */
  private checkStored(path: string, stored: Condition, scope: Scope): void {
    const read = this.readTree(stored, path);
    if (read) this.check(read, scope);
  }

  private checkStoredScope(stored: Scope): void {
    const issues = scopeSchema.safeParse(stored, { error: validationMessage }).error?.issues ?? [];
    for (const issue of tellable(issues))
      this.refuse({ path: ['scope', ...issue.path].join('.'), message: issue.message });
  }

  private channels(): string[] | undefined {
    const { channels } = this.changes;
    return channels && [...new Set(channels.flatMap((word, index) => this.channel(word, index)))];
  }

  private channel(word: string, index: number): string[] {
    const channel = this.context.channels.get(word);
    if (channel) return [channel.id];
    const message = `There is no channel "${word}". GET /api/v1/channels lists them.`;
    this.problems.push({ path: `channels.${index}`, message, code: 'validation_failed' });
    return [];
  }

  private message(): void {
    const { message } = this.changes;
    if (typeof message !== 'string') return;
    try {
      parseMessage(message);
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      for (const problem of error.problems) {
        this.problems.push({ path: 'message', ...problem, code: 'invalid_message' });
      }
    }
  }

  private refuse(value: InvalidValue): void {
    this.problems.push({ ...value, code: 'invalid_condition' });
  }
}

interface GivenCondition {
  expression?: string | null | undefined;
  condition?: unknown;
}

interface ReadCondition {
  condition: Condition;
  /** Null when it was a tree. */
  text: string | null;
  path: string;
}

function saysCondition(from: GivenCondition): boolean {
  return from.expression !== undefined || from.condition !== undefined;
}
