import { Module } from '@nestjs/common';

/** What must be told, for who tells it. */
@Module({})
export class OutboxModule {}
