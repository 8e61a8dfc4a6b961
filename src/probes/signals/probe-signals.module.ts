import { Module } from '@nestjs/common';

/** Offers the values of devices. */
@Module({})
export class ProbeSignalsModule {}
