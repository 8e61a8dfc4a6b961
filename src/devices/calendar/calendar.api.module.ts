import { Module } from '@nestjs/common';

/** Maintenance windows over HTTP. */
@Module({})
export class CalendarApiModule {}
