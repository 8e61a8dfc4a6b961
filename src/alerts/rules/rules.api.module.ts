import { Module } from '@nestjs/common';

/** Alert rules over HTTP. */
@Module({})
export class RulesApiModule {}
