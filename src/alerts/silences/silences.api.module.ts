import { Module } from '@nestjs/common';

/** Silences over HTTP. */
@Module({})
export class SilencesApiModule {}
