import { Module } from '@nestjs/common';
import { BacktestApiModule } from './backtest/backtest.api.module.js';
import { LedgerApiModule } from './ledger/ledger.api.module.js';
import { RulesApiModule } from './rules/rules.api.module.js';
import { SilencesApiModule } from './silences/silences.api.module.js';

/** Alerts, rules and silences over HTTP. */
@Module({ imports: [LedgerApiModule, BacktestApiModule, RulesApiModule, SilencesApiModule] })
export class AlertsApiModule {}
