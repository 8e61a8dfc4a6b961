import { Module } from '@nestjs/common';

/** Offers the values of the installation itself. */
@Module({})
export class SelfSignalsModule {}
