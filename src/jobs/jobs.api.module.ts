import { Module } from '@nestjs/common';

/** Jobs over HTTP. */
@Module({})
export class JobsApiModule {}
