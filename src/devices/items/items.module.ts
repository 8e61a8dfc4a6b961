import { Module } from '@nestjs/common';

/** SNMP credentials, items and templates, for who reads them. */
@Module({})
export class ItemsModule {}
