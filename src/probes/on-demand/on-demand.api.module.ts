import { Module } from '@nestjs/common';

/** Check-now and discovery over HTTP: they enqueue. */
@Module({})
export class OnDemandApiModule {}
