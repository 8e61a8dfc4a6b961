import { Module } from '@nestjs/common';

/** Notices between processes over PostgreSQL. */
@Module({})
export class EventsModule {}
