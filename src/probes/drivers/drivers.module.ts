import { Module } from '@nestjs/common';

/** The probe drivers: only for workers. */
@Module({})
export class DriversModule {}
