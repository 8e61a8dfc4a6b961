import { Module } from '@nestjs/common';
import { SecurityModule } from '../../platform/security/security.module.js';
import { AlertActions } from './alert-actions.service.js';
import { AlertActionStore } from './alert-actions.store.js';
import { AlertLedger } from './alert-ledger.store.js';
import { AlertTopic } from './alert-topic.store.js';
import { AlertsController } from './alerts.controller.js';

/** Alerts and their events over HTTP, and on the stream. */
@Module({
  imports: [SecurityModule],
  controllers: [AlertsController],
  providers: [AlertLedger, AlertActions, AlertActionStore, AlertTopic],
})
export class LedgerApiModule {}
