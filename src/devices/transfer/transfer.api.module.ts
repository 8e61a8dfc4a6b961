import { Module } from '@nestjs/common';

/** Import and export of devices over HTTP. */
@Module({})
export class TransferApiModule {}
