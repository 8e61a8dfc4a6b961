import { Module } from '@nestjs/common';

/** Notification routes over HTTP. */
@Module({})
export class RoutesApiModule {}
