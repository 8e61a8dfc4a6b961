import { Module } from '@nestjs/common';
import { AlertRetention } from './alert-retention.store.js';
import { AlertsPruneProcessor } from './alerts-prune.processor.js';

/** Forgets alerts past their retention. */
@Module({ providers: [AlertRetention, AlertsPruneProcessor] })
export class LedgerUpkeepModule {}
