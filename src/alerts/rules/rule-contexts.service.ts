import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { SignalSources } from '../../metrics/signal-sources.service.js';
import { ChannelDirectory } from '../channel-directory.port.js';
import { conditionNotes } from '../engine/language/condition-notes.js';
import { conditionSchema } from '../engine/language/condition-schema.js';
import { signalsOf } from '../engine/language/compile-condition.js';
import type { RuleContext } from './judge-rule.js';
import { collectWords, noWords } from './rule-references.js';
import { findReferences, missingItems } from './rule-references.store.js';
import type { GivenScope } from './rule-scope.js';
import type { RuleRow } from './rule-row.js';

/** What metrics of monitoring items begin with. */
const ITEMS = 'snmp.';

/** What rules refer to, for those who judge and show them. */
@Injectable()
export class RuleContexts {
  constructor(
    private readonly sources: SignalSources,
    private readonly channels: ChannelDirectory,
  ) {}

  /** By id and name. To be asked before a transaction: it takes a connection of its own, and the pool has an end. */
  async channelsOf(
    rows: readonly Pick<RuleRow, 'channel_ids'>[],
    changes: readonly { channels?: string[] | undefined }[] = [],
  ): Promise<RuleContext['channels']> {
    const refs = new Set([
      ...rows.flatMap(({ channel_ids }) => channel_ids),
      ...changes.flatMap(({ channels = [] }) => channels),
    ]);
    if (refs.size === 0) return new Map();
    const found = await this.channels.find([...refs]);
    return new Map([...found, ...[...found.values()].map((channel) => [channel.id, channel] as const)]);
  }

  /** What deserves a look though it is no mistake. One statement when the rule asks for items of SNMP, else none. */
  async notesOf(manager: EntityManager, rule: Pick<RuleRow, 'condition' | 'recovery_condition'>): Promise<string[]> {
    // What is stored may be of an older version, or changed by hand: then it is broken, and that is said elsewhere.
    const [condition, recovery] = [rule.condition, rule.recovery_condition].map(
      (each) => conditionSchema.safeParse(each).data ?? null,
    );
    if (!condition) return [];
    const signals = [condition, ...(recovery ? [recovery] : [])].flatMap(signalsOf);
    const asked = signals
      .filter(({ metric }) => metric.startsWith(ITEMS))
      .map(({ metric }) => metric.slice(ITEMS.length));
    const missing = await missingItems(manager, [...new Set(asked)]);
    const items = missing.map((item) => `No item is called "${item}": its value is unknown of every device.`);
    return [...conditionNotes(condition, recovery ?? null), ...items];
  }

  /** At most one statement, whatever the number of rules. */
  async load(
    manager: EntityManager,
    channels: RuleContext['channels'],
    rows: readonly Pick<RuleRow, 'scope'>[],
    changes: readonly { scope?: GivenScope | undefined }[] = [],
  ): Promise<RuleContext> {
    const words = noWords();
    for (const { scope } of rows) collectWords(scope, [], words);
    for (const { scope } of changes) if (scope) collectWords(scope.scope, scope.devices, words);
    return {
      find: (metric) => this.sources.find(metric),
      catalogue: this.sources.catalogue,
      references: await findReferences(manager, words),
      channels,
    };
  }
}
