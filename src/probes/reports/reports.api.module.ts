import { Module } from '@nestjs/common';

/** Device list, state, pings, rollups, availability and events over HTTP. */
@Module({})
export class ReportsApiModule {}
