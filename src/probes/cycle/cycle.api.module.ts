import { Module } from '@nestjs/common';

/** Cycles, misses and drivers over HTTP. */
@Module({})
export class CycleApiModule {}
