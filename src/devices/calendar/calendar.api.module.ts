import { Module } from '@nestjs/common';
import { SecurityModule } from '../../platform/security/security.module.js';
import { CalendarModule } from './calendar.module.js';
import { MaintenanceWindowsController } from './maintenance-windows.controller.js';
import { MaintenanceWindows } from './maintenance-windows.service.js';

/** Maintenance windows over HTTP. */
@Module({
  imports: [CalendarModule, SecurityModule],
  controllers: [MaintenanceWindowsController],
  providers: [MaintenanceWindows],
})
export class CalendarApiModule {}
