import { Module } from '@nestjs/common';

/** Devices, sites, groups and profiles, for who reads them. */
@Module({})
export class InventoryModule {}
