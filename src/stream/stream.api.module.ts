import { Module } from '@nestjs/common';

/** Server-sent events over HTTP. */
@Module({})
export class StreamApiModule {}
