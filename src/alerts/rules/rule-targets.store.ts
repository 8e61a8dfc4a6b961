import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { numbered } from '../../devices/inventory/selector-sql.js';
import { NOT_APPLICABLE, type Signal } from '../../metrics/metric.js';
import type { SignalReading, SignalSource } from '../../metrics/signal-source.port.js';
import { SignalSources } from '../../metrics/signal-sources.service.js';
import type { Condition } from '../engine/condition.js';
import { signalsOf } from '../engine/language/compile-condition.js';
import type { Scope } from '../engine/rule.js';
import { scopeCondition } from './scope-sql.js';
import { nameMatcher } from './name-matcher.js';

/** Counts what a rule is about now. */
@Injectable()
export class RuleTargets {
  constructor(
    private readonly database: DataSource,
    private readonly sources: SignalSources,
  ) {}

  /**
   * Targets in the scope to which at least one metric of the condition applies.
   * @returns null when its values cannot be read now
   */
  async count(condition: Condition, scope: Scope): Promise<number | null> {
    const readings = await this.read(signalsOf(condition)).catch(() => null);
    if (!readings) return null;
    const applying = new Set(readings.flatMap(keysOf));
    if (scope.kind !== 'devices') {
      const isMeant = nameMatcher(scope.kind === 'swarm' ? scope.names : undefined);
      const named = readings.flatMap((reading) => (reading.kind === 'device' ? [] : reading.targets));
      const meant = new Set(named.filter(({ name }) => isMeant(name)).map(({ key }) => key));
      return [...applying].filter((key) => meant.has(String(key))).length;
    }
    const { text, values } = numbered(scopeCondition(scope));
    const chosen = await this.database.query<{ num: number }[]>(
      `SELECT d.num FROM devices d WHERE d.enabled AND (${text})`,
      values,
    );
    return chosen.filter(({ num }) => applying.has(num)).length;
  }

  private async read(signals: readonly Signal[]): Promise<SignalReading[]> {
    const bySource = new Map<SignalSource | undefined, Signal[]>();
    for (const signal of signals) {
      const source = this.sources.sourceOf(signal.metric);
      bySource.set(source, [...(bySource.get(source) ?? []), signal]);
    }
    const read = [...bySource].map(([source, wanted]) => source?.read(wanted) ?? []);
    return (await Promise.all(read)).flat();
  }
}

function keysOf(reading: SignalReading): (string | number)[] {
  const keys = reading.kind === 'device' ? [...reading.nums] : reading.targets.map(({ key }) => key);
  return keys.filter((_, row) => reading.columns.some((column) => column[row] !== NOT_APPLICABLE));
}
