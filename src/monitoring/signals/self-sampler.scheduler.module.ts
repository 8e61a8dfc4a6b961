import { Module } from '@nestjs/common';
import { EvaluatorSchedulerModule } from '../../alerts/evaluator/evaluator.scheduler.module.js';
import { DispatchFiguresStore } from '../../notifications/dispatch/dispatch-figures.store.js';
import { CycleModule } from '../../probes/cycle/cycle.module.js';
import { HistoryModule } from '../../probes/history/history.module.js';
import { SnmpScheduleStore } from '../../probes/snmp/snmp-schedule.store.js';
import { SwarmModule } from '../../swarm/swarm.module.js';
import { MonitoringModule } from '../monitoring.module.js';
import { CyclesPart } from './parts/cycles-part.service.js';
import { DiskPart } from './parts/disk-part.service.js';
import { DispatchPart } from './parts/dispatch-part.service.js';
import { DockerPart } from './parts/docker-part.service.js';
import { PartitionsPart } from './parts/partitions-part.service.js';
import { ProcessesPart } from './parts/processes-part.service.js';
import { QueuesPart } from './parts/queues-part.service.js';
import { RedisPart } from './parts/redis-part.service.js';
import { SourcesPart } from './parts/sources-part.service.js';
import { AlertsPart } from './parts/alerts-part.store.js';
import { RulesPart } from './parts/rules-part.store.js';
import { VictoriaMetricsPart } from './parts/victoria-metrics-part.service.js';
import { WorkersPart } from './parts/workers-part.service.js';
import { ProcessFiguresStore } from './process-figures.store.js';
import { type SamplePart, SampleParts } from './sample-part.port.js';
import { SamplerTimes, SelfSampler } from './self-sampler.service.js';
import { SelfSignalsModule } from './self-signals.module.js';
import { StartGrace } from './start-grace.service.js';

const parts = [
  ProcessesPart,
  WorkersPart,
  QueuesPart,
  RedisPart,
  DockerPart,
  VictoriaMetricsPart,
  DiskPart,
  PartitionsPart,
  CyclesPart,
  DispatchPart,
  RulesPart,
  AlertsPart,
  SourcesPart,
];

/** Measures the installation itself, where it is judged. */
@Module({
  imports: [SelfSignalsModule, MonitoringModule, SwarmModule, CycleModule, HistoryModule, EvaluatorSchedulerModule],
  providers: [
    ProcessFiguresStore,
    SnmpScheduleStore,
    DispatchFiguresStore,
    StartGrace,
    SamplerTimes,
    ...parts,
    { provide: SampleParts, inject: parts, useFactory: (...all: SamplePart[]) => new SampleParts(all) },
    SelfSampler,
  ],
})
export class SelfSamplerSchedulerModule {}
