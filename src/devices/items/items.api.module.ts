import { Module } from '@nestjs/common';

/** SNMP credentials, items and templates over HTTP. */
@Module({})
export class ItemsApiModule {}
