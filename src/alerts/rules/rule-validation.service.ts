import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { SignalSources } from '../../metrics/signal-sources.service.js';
import { printCondition } from '../engine/language/print-condition.js';
import type { metricsSchema, ValidationDto } from './alert-rules.dto.js';
import { judgeRule } from './judge-rule.js';
import { readRule } from './read-rule.js';
import { RuleContexts } from './rule-contexts.service.js';
import { presentScope } from './rule-references.js';
import { defaultScope } from './rule-scope.js';
import { RuleTargets } from './rule-targets.store.js';
import type { z } from 'zod';

/** Tells what a rule would mean, and what it could ask for. */
@Injectable()
export class RuleValidation {
  constructor(
    private readonly database: DataSource,
    private readonly contexts: RuleContexts,
    private readonly targets: RuleTargets,
    private readonly sources: SignalSources,
  ) {}

  /** Stores nothing. What is wrong is the answer. */
  async validate(body: Record<string, unknown>): Promise<ValidationDto> {
    const read = readRule({ name: 'A rule', ...body });
    if ('errors' in read) {
      const problems = read.errors.map(({ path, message }) => ({ path, message, position: null, length: null }));
      return { valid: false, expression: null, condition: null, scope: null, problems, notes: [], targets: null };
    }
    const changes = read.rule;
    const channels = await this.contexts.channelsOf([], [changes]);
    const context = await this.contexts.load(this.database.manager, channels, [], [changes]);
    const { values, problems, notes, condition, scope } = judgeRule(changes, null, context);
    return {
      valid: values !== null,
      expression: condition && printCondition(condition),
      condition: condition as Record<string, unknown> | null,
      scope: presentScope(scope, context.references),
      problems: problems.map(({ path, message, position = null, length = null }) => ({
        path,
        message,
        position,
        length,
      })),
      notes: values ? [...notes, ...(await this.contexts.notesOf(this.database.manager, values))] : notes,
      targets: values && (await this.targets.count(values.condition, values.scope)),
    };
  }

  /** All that rules may ask for. */
  metrics(): z.output<typeof metricsSchema> {
    return this.sources.catalogue.map((metric) => ({
      name: metric.name,
      target: metric.target,
      scope_kind: defaultScope(metric.target).kind,
      unit: metric.unit,
      description: metric.description,
      aggregations: [...metric.aggregations],
      longest_window_seconds: metric.longestWindowSeconds,
      has_history: metric.hasHistory,
    }));
  }
}
