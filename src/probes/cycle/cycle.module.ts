import { Module } from '@nestjs/common';

/** What others may ask about cycles, drivers and the vantage point. */
@Module({})
export class CycleModule {}
