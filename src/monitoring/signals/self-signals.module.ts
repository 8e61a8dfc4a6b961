import { Module } from '@nestjs/common';
import { SignalSources } from '../../metrics/signal-sources.service.js';
import { BrokenRulesSource } from './broken-rules-source.service.js';
import { SelfMemory } from './self-memory.js';
import { SelfSignalSource } from './self-signal-source.service.js';

/** Offers the values of the installation itself. */
@Module({
  providers: [{ provide: SelfMemory, useFactory: () => new SelfMemory() }, SelfSignalSource, BrokenRulesSource],
  exports: [SelfMemory],
})
export class SelfSignalsModule {
  constructor(sources: SignalSources, self: SelfSignalSource, rules: BrokenRulesSource) {
    sources.register(self);
    sources.register(rules);
  }
}
