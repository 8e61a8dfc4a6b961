import { Module } from '@nestjs/common';

/** What a rule would have fired on the history. */
@Module({})
export class BacktestApiModule {}
