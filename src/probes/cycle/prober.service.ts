import { Injectable, Logger } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.schema.js';
import {
  type DriverName,
  type ProbeDriver,
  ProbeDriverError,
  type ProbeResult,
  type ProbeTarget,
} from '../drivers/probe-driver.port.js';
import { ProbeDrivers } from '../drivers/probe-drivers.js';
import type { Observation } from '../state/device-state.js';
import { canaryTargets, countCanaries } from './canaries.js';
import { DriverWatch } from './driver-watch.service.js';
import type { CanaryCount } from './judge-blindness.js';
import { observationsOf } from './observations.js';
import type { DeviceTarget } from './probe-target.store.js';
import { DRIVERS_OF, type ProbeCycle } from './probe-turn.js';

export interface ProbedBatch {
  /** Exactly one for each target. */
  observations: Map<number, Observation>;
  canaries: CanaryCount | null;
}

/** A driver that does not end when its time is over gets this share of it as grace. */
const GRACE_SHARE = 0.05;

/** Asks the drivers. Whatever they do, every target has exactly one observation in time; only an answer makes one that is not unknown. */
@Injectable()
export class Prober {
  private readonly log = new Logger('Probes');

  constructor(
    private readonly settings: Settings,
    private readonly drivers: ProbeDrivers,
    private readonly watch: DriverWatch,
  ) {}

  /** The canaries of the settings, as the targets of a turn. */
  private get canaries(): ProbeTarget[] {
    return canaryTargets(this.settings.canaries ?? []);
  }

  async probe(
    cycle: ProbeCycle,
    targets: readonly DeviceTarget[],
    { at, budgetMs, signal }: { at: number; budgetMs: number; signal: AbortSignal },
  ): Promise<ProbedBatch> {
    const observations = new Map<number, Observation>();
    let canaries: CanaryCount | null = null;
    await Promise.all(
      // Canaries are pinged whatever a turn probes: without pings of devices nobody else would.
      [...new Set<DriverName>(['icmp', ...DRIVERS_OF[cycle]])].map(async (name) => {
        const devices = targets.filter(({ driver }) => driver === name);
        const extra = name === 'icmp' ? this.canaries : [];
        if (devices.length + extra.length === 0) return;
        const heard = await this.ask(name, [...devices, ...extra], budgetMs, signal);
        for (const [num, observation] of observationsOf(devices, heard, at)) observations.set(num, observation);
        if (extra.length > 0) canaries = countCanaries(observationsOf(extra, heard, at).values());
      }),
    );
    return { observations, canaries };
  }

  /** Null when the driver is broken. */
  private async ask(
    name: DriverName,
    targets: ProbeTarget[],
    budgetMs: number,
    signal: AbortSignal,
  ): Promise<ProbeResult[] | null> {
    const over = new AbortController();
    const limits = [setTimeout(() => over.abort(), budgetMs), setTimeout(() => hung?.(), budgetMs * (1 + GRACE_SHARE))];
    let hung: (() => void) | undefined;
    const late = new Promise<never>((_, reject) => {
      hung = () =>
        reject(new ProbeDriverError('driver_hung', `The driver ${name} did not end when its time was over.`));
    });
    try {
      let fault: ProbeDriverError | null = null;
      const onFault = (error: ProbeDriverError) => void (fault ??= error);
      const options = { budgetMs, signal: AbortSignal.any([over.signal, signal]), onFault };
      const results = await Promise.race([this.begin(this.drivers.of(name), targets, options), late]);
      if (fault) await this.watch.brokePartly(name, fault);
      else await this.watch.worked(name);
      return results;
    } catch (error) {
      // A worker that stops interrupts its drivers; that breaks none.
      signal.throwIfAborted();
      this.log.debug(`Driver ${name} failed: ${String(error)}`);
      await this.watch.broke(name, error);
      return null;
    } finally {
      limits.forEach(clearTimeout);
    }
  }

  private async begin(driver: ProbeDriver, targets: ProbeTarget[], options: Parameters<ProbeDriver['probe']>[1]) {
    return driver.probe(targets, options);
  }
}
