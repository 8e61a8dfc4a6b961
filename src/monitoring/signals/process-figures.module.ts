import { Module } from '@nestjs/common';

/** What every process says of itself. */
@Module({})
export class ProcessFiguresModule {}
