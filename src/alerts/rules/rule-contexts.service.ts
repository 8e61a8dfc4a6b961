import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { SignalSources } from '../../metrics/signal-sources.service.js';
import { ChannelDirectory } from '../channel-directory.port.js';
import { conditionNotes } from '../engine/language/condition-notes.js';
import { signalsOf } from '../engine/language/compile-condition.js';
import type { RuleContext } from './judge-rule.js';
import { collectWords, noWords } from './rule-references.js';
import { findReferences, missingItems } from './rule-references.store.js';
import type { GivenScope } from './rule-scope.js';
import type { RuleRow } from './rule-row.js';
import { readStoredCondition } from './stored-rule-parts.js';

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
    const [condition, recovery] = [rule.condition, rule.recovery_condition].map(readStoredCondition);
    if (!condition) return [];
    const signals = [condition, ...(recovery ? [recovery] : [])].flatMap(signalsOf);
    const asked = signals
      .filter(({ metric }) => metric.startsWith(ITEMS))
      .map(({ metric }) => metric.slice(ITEMS.length));
    const missing = await missingItems(manager, [...new Set(asked)]);
    const items = missing.map((item) => `No item is called "${item}": its value is unknown of every device.`);
    return [...conditionNotes(condition, recovery ?? null), ...items];
  }

  /**
   * At most one statement, and one more when changes name channels, whatever the number of rules.
   * @param manager of the transaction that writes the changes: channels that they name stay until its end
   */
  async load(
    manager: EntityManager,
    channels: RuleContext['channels'],
    rows: readonly Pick<RuleRow, 'scope'>[],
    changes: readonly { scope?: GivenScope | undefined; channels?: string[] | undefined }[] = [],
  ): Promise<RuleContext> {
    const words = noWords();
    for (const { scope } of rows) collectWords(scope, [], words);
    for (const { scope } of changes) if (scope) collectWords(scope.scope, scope.devices, words);
    return {
      find: (metric) => this.sources.find(metric),
      catalogue: this.sources.catalogue,
      references: await findReferences(manager, words),
      channels: await this.kept(manager, channels, changes),
    };
  }

  /** Without those that were deleted since they were asked for. */
  private async kept(
    manager: EntityManager,
    channels: RuleContext['channels'],
    changes: readonly { channels?: string[] | undefined }[],
  ): Promise<RuleContext['channels']> {
    const named = new Set(
      changes.flatMap((change) => (change.channels ?? []).flatMap((ref) => channels.get(ref)?.id ?? [])),
    );
    if (named.size === 0) return channels;
    const kept = await this.channels.keep([...named], manager);
    return new Map([...channels].filter(([, { id }]) => !named.has(id) || kept.has(id)));
  }
}
