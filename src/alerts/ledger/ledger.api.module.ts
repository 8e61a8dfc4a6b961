import { Module } from '@nestjs/common';

/** Alerts and their events over HTTP, and on the stream. */
@Module({})
export class LedgerApiModule {}
