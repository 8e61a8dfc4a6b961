import { Module } from '@nestjs/common';

/** Check-now and discovery as jobs. */
@Module({})
export class OnDemandWorkerModule {}
