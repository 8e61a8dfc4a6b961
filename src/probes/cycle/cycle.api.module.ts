import { Module } from '@nestjs/common';
import { CycleModule } from './cycle.module.js';
import { ProbeReporter } from './probe-reporter.service.js';
import { ProbesController } from './probes.controller.js';

/** Cycles, misses and drivers over HTTP. */
@Module({ imports: [CycleModule], controllers: [ProbesController], providers: [ProbeReporter] })
export class CycleApiModule {}
