import { Injectable } from '@nestjs/common';
import { CycleReportStore } from '../../../probes/cycle/cycle-report.store.js';
import { ProbeScheduleStore } from '../../../probes/cycle/probe-schedule.store.js';
import { SnmpScheduleStore } from '../../../probes/snmp/snmp-schedule.store.js';
import { type AwaitedSchedule, CycleLag } from '../cycle-lag.js';
import { SamplePart } from '../sample-part.port.js';
import { ofInstallation, type Sample } from '../sample.js';

const MISSES_WITHIN_SECONDS = 300;

/** Whether cycles are done when they are due. */
@Injectable()
export class CyclesPart extends SamplePart {
  readonly name = 'the cycles';
  private readonly lag = new CycleLag();

  constructor(
    private readonly probes: ProbeScheduleStore,
    private readonly items: SnmpScheduleStore,
    private readonly turns: CycleReportStore,
  ) {
    super();
  }

  async take(): Promise<Sample[]> {
    const [probes, polls] = await Promise.all([this.probes.wanted(), this.items.wanted()]);
    const wanted = [...probes.filter(({ devices }) => devices > 0), ...polls];
    const latest = await this.turns.latest(wanted, MISSES_WITHIN_SECONDS);
    const schedules = wanted.map(({ kind, shard, intervalSeconds }): AwaitedSchedule => {
      const turn = latest.find((each) => each.kind === kind && each.shard === shard);
      return { key: `${kind}/${shard}`, intervalSeconds, lastDueAt: turn?.dueAt?.getTime() ?? null };
    });
    return ofInstallation({
      'self.skipped_cycles': latest.reduce((sum, { missed }) => sum + missed, 0),
      'self.cycle_lag_seconds': this.lag.of(schedules, Date.now()),
    });
  }
}
