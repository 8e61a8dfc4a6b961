import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { SignalSources } from '../../metrics/signal-sources.service.js';
import { ChannelDirectory } from '../channel-directory.port.js';
import type { RuleContext } from './judge-rule.js';
import { collectWords, noWords } from './rule-references.js';
import { findReferences } from './rule-references.store.js';
import type { GivenScope } from './rule-scope.js';
import type { RuleRow } from './rule-row.js';

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
