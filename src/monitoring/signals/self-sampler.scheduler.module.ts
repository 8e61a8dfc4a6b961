import { Module } from '@nestjs/common';

/** Measures the installation itself, where it is judged. */
@Module({})
export class SelfSamplerSchedulerModule {}
