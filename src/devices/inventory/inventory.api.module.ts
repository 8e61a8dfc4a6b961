import { Module } from '@nestjs/common';

/** Devices, sites, groups and profiles over HTTP. */
@Module({})
export class InventoryApiModule {}
