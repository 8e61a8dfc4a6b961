import { Module } from '@nestjs/common';

/** Channels over HTTP. */
@Module({})
export class ChannelsApiModule {}
