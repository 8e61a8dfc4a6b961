import { Injectable } from '@nestjs/common';
import { CycleReportStore } from '../../probes/cycle/cycle-report.store.js';
import { DriverReportStore } from '../../probes/cycle/driver-report.store.js';
import { ProbeScheduleStore } from '../../probes/cycle/probe-schedule.store.js';
import { SnmpScheduleStore } from '../../probes/snmp/snmp-schedule.store.js';
import type { ComponentHealth } from '../component-health.js';
import { judgeIcmp, MISSES_WITHIN_SECONDS } from '../judge-icmp.js';
import { HealthComponent } from './health-component.port.js';

/** Probing works: the drivers, the vantage point, and no cycle is missed. Other kinds than ICMP count as well. */
@Injectable()
export class IcmpIndicator extends HealthComponent {
  readonly name = 'icmp';
  /** When a schedule was first seen that has had no turn yet: from then on it is waited for. */
  private awaited = new Map<string, Date>();

  constructor(
    private readonly probes: ProbeScheduleStore,
    private readonly items: SnmpScheduleStore,
    private readonly turns: CycleReportStore,
    private readonly drivers: DriverReportStore,
  ) {
    super();
  }

  async assess(): Promise<ComponentHealth> {
    const [probes, polls, reports, vantage] = await Promise.all([
      this.probes.wanted(),
      this.items.wanted(),
      this.drivers.fresh(),
      this.turns.vantage(),
    ]);
    const wanted = [...probes, ...polls.map((poll) => ({ ...poll, cycle: 'snmp' as const }))];
    const latest = await this.turns.latest(wanted, MISSES_WITHIN_SECONDS);
    const now = new Date();
    const awaited = new Map<string, Date>();
    const schedules = wanted.map(({ cycle, kind, shard, intervalSeconds, devices }) => {
      const turn = latest.find((each) => each.kind === kind && each.shard === shard);
      const id = `${kind}-${shard}`;
      if (!turn?.dueAt) awaited.set(id, this.awaited.get(id) ?? now);
      return {
        cycle,
        intervalSeconds,
        shard,
        devices,
        lastDueAt: turn?.dueAt ?? awaited.get(id)!,
        missed: turn?.missed ?? 0,
      };
    });
    this.awaited = awaited;
    const pinged = probes.some(({ cycle, devices }) => cycle === 'ping' && devices > 0);
    const drivers = reports.filter(({ driver }) => driver !== 'icmp' || pinged);
    return judgeIcmp({ schedules, drivers, vantage }, now);
  }
}
