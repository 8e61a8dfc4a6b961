import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { ProcessFigures } from '../platform/observability/process-figures.service.js';
import { MonitoringModule } from '../monitoring/monitoring.module.js';
import { CycleModule } from '../probes/cycle/cycle.module.js';
import { HistoryModule } from '../probes/history/history.module.js';
import { SnmpScheduleStore } from '../probes/snmp/snmp-schedule.store.js';
import { SwarmModule } from '../swarm/swarm.module.js';
import { healthy } from './component-health.js';
import { DatabaseIndicator } from './components/database.indicator.js';
import { DiskIndicator } from './components/disk.indicator.js';
import { FixedIndicator } from './components/fixed.indicator.js';
import { IcmpIndicator } from './components/icmp.indicator.js';
import { RedisIndicator } from './components/redis.indicator.js';
import { SchedulerIndicator } from './components/scheduler.indicator.js';
import { SwarmIndicator } from './components/swarm.indicator.js';
import { VictoriaMetricsIndicator } from './components/victoriametrics.indicator.js';
import { WorkersIndicator } from './components/workers.indicator.js';
import { HealthComponents } from './health-components.js';
import { HealthReporter } from './health-reporter.service.js';
import { HealthController } from './health.controller.js';

const indicators = [
  DatabaseIndicator,
  RedisIndicator,
  WorkersIndicator,
  SchedulerIndicator,
  DiskIndicator,
  SwarmIndicator,
  IcmpIndicator,
  VictoriaMetricsIndicator,
] as const;
type Found = [
  DatabaseIndicator,
  RedisIndicator,
  WorkersIndicator,
  SchedulerIndicator,
  DiskIndicator,
  SwarmIndicator,
  IcmpIndicator,
  VictoriaMetricsIndicator,
];

/** Health over HTTP. */
@Module({
  imports: [TerminusModule.forRoot({ logger: false }), SwarmModule, MonitoringModule, CycleModule, HistoryModule],
  controllers: [HealthController],
  providers: [
    ProcessFigures,
    HealthReporter,
    SnmpScheduleStore,
    ...indicators,
    {
      provide: HealthComponents,
      inject: [...indicators],
      useFactory: (...[database, redis, workers, scheduler, disk, swarm, icmp, victoriametrics]: Found) =>
        // In the order of the contract.
        new HealthComponents([
          database,
          redis,
          victoriametrics,
          workers,
          scheduler,
          disk,
          swarm,
          icmp,
          new FixedIndicator('api', healthy()),
        ]),
    },
  ],
})
export class HealthApiModule {}
