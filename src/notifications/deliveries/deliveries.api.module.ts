import { Module } from '@nestjs/common';

/** The delivery log over HTTP. */
@Module({})
export class DeliveriesApiModule {}
