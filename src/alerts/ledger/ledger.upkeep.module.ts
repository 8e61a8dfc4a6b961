import { Module } from '@nestjs/common';

/** Forgets alerts past their retention. */
@Module({})
export class LedgerUpkeepModule {}
