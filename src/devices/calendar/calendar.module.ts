import { Module } from '@nestjs/common';

/** Who is in maintenance when, for who asks. */
@Module({})
export class CalendarModule {}
