import { Module } from '@nestjs/common';
import { AlertRuleStore } from './alert-rules.store.js';

/** Alert rules, for who reads them. */
@Module({ providers: [AlertRuleStore], exports: [AlertRuleStore] })
export class RulesModule {}
