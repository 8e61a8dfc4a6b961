import { Module } from '@nestjs/common';

/** The drivers of all kinds of channels. */
@Module({})
export class DriversModule {}
