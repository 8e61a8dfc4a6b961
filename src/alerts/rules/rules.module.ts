import { Module } from '@nestjs/common';

/** Alert rules, for who reads them. */
@Module({})
export class RulesModule {}
