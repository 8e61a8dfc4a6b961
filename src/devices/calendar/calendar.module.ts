import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CalendarStore } from './calendar.store.js';
import { MaintenanceCalendar } from './maintenance-calendar.service.js';
import { MaintenanceWindow } from './maintenance-window.entity.js';

/** Who is in maintenance when, for who asks. */
@Module({
  imports: [TypeOrmModule.forFeature([MaintenanceWindow])],
  providers: [CalendarStore, MaintenanceCalendar],
  exports: [CalendarStore, MaintenanceCalendar],
})
export class CalendarModule {}
