import { Module } from '@nestjs/common';

/** Evaluates all rules in one pass. */
@Module({})
export class EvaluatorSchedulerModule {}
