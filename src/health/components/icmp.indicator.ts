import { Injectable } from '@nestjs/common';
import { CycleReportStore } from '../../probes/cycle/cycle-report.store.js';
import { DriverReportStore } from '../../probes/cycle/driver-report.store.js';
import { ProbeScheduleStore } from '../../probes/cycle/probe-schedule.store.js';
import type { ComponentHealth } from '../component-health.js';
import { judgeIcmp, MISSES_WITHIN_SECONDS } from '../judge-icmp.js';
import { HealthComponent } from './health-component.port.js';

@Injectable()
export class IcmpIndicator extends HealthComponent {
  readonly name = 'icmp';

  constructor(
    private readonly schedules: ProbeScheduleStore,
    private readonly turns: CycleReportStore,
    private readonly drivers: DriverReportStore,
  ) {
    super();
  }

  async assess(): Promise<ComponentHealth> {
    const [wanted, reports, vantage] = await Promise.all([
      this.schedules.wanted(),
      this.drivers.fresh(),
      this.turns.vantage(),
    ]);
    const pings = wanted.filter(({ cycle }) => cycle === 'ping');
    const latest = await this.turns.latest(pings, MISSES_WITHIN_SECONDS);
    const schedules = pings.map(({ kind, shard, intervalSeconds, devices }) => {
      const turn = latest.find((each) => each.kind === kind && each.shard === shard);
      return { intervalSeconds, shard, devices, lastDueAt: turn?.dueAt ?? null, missed: turn?.missed ?? 0 };
    });
    const drivers = reports.filter(({ driver }) => driver === 'icmp');
    return judgeIcmp({ schedules, drivers, vantage }, new Date());
  }
}
