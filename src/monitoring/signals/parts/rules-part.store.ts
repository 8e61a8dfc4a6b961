import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { SamplePart } from '../sample-part.port.js';
import type { Sample } from '../sample.js';

export const RULES_PART = 'the rules';

/** Rules that were switched off since evaluating them failed. */
@Injectable()
export class RulesPart extends SamplePart {
  readonly name = RULES_PART;

  constructor(private readonly database: DataSource) {
    super();
  }

  async take(): Promise<Sample[]> {
    const rows = await this.database.query<{ id: string; name: string }[]>(
      'SELECT id, name FROM alert_rules WHERE broken_at IS NOT NULL ORDER BY id',
    );
    return rows.map(({ id, name }) => ({
      metric: 'self.rule_broken',
      target: { key: id, name, labels: { rule: name } },
      value: 1,
    }));
  }
}
