import { Module } from '@nestjs/common';

/** Channels, for who uses or names them. */
@Module({})
export class ChannelsModule {}
