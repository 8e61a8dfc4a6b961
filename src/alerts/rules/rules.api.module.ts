import { Module } from '@nestjs/common';
import { SecurityModule } from '../../platform/security/security.module.js';
import { AlertRulesController } from './alert-rules.controller.js';
import { AlertRules } from './alert-rules.service.js';
import { RuleContexts } from './rule-contexts.service.js';
import { RuleTargets } from './rule-targets.store.js';
import { RuleTransferController } from './rule-transfer.controller.js';
import { RuleTransfer } from './rule-transfer.service.js';
import { RuleValidation } from './rule-validation.service.js';
import { RulesModule } from './rules.module.js';

/** Alert rules over HTTP. Import and export first: their paths must not be taken for ids. */
@Module({
  imports: [RulesModule, SecurityModule],
  controllers: [RuleTransferController, AlertRulesController],
  providers: [AlertRules, RuleContexts, RuleTargets, RuleTransfer, RuleValidation],
})
export class RulesApiModule {}
