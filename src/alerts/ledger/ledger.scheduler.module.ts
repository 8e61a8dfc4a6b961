import { Module } from '@nestjs/common';

/** Says when the upkeep of alerts is due. */
@Module({})
export class LedgerSchedulerModule {}
