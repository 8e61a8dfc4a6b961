import { Module } from '@nestjs/common';
import { RuleContexts } from '../rules/rule-contexts.service.js';
import { RulesModule } from '../rules/rules.module.js';
import { BacktestDevices } from './backtest-devices.store.js';
import { BacktestController } from './backtest.controller.js';
import { Backtests } from './backtest.service.js';

/** What a rule would have fired on the history. */
@Module({
  imports: [RulesModule],
  controllers: [BacktestController],
  providers: [Backtests, BacktestDevices, RuleContexts],
})
export class BacktestApiModule {}
