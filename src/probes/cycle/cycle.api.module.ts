import { Module } from '@nestjs/common';
import { SnmpModule } from '../snmp/snmp.module.js';
import { CycleModule } from './cycle.module.js';
import { ProbeReporter } from './probe-reporter.service.js';
import { ProbesController } from './probes.controller.js';

/** Cycles, misses and drivers over HTTP. */
@Module({ imports: [CycleModule, SnmpModule], controllers: [ProbesController], providers: [ProbeReporter] })
export class CycleApiModule {}
