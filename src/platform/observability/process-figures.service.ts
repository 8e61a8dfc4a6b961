import { totalmem } from 'node:os';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';

/** What this process uses: memory (resident, MB = 10^6 bytes, and of what it may have), CPU of one core, event-loop lag. */
@Injectable()
export class ProcessFigures implements OnModuleDestroy {
  private readonly delay = monitorEventLoopDelay({ resolution: 20 });
  private cpu = process.cpuUsage();
  private at = performance.now();
  private last = { cpuPercent: 0, eventLoopLagMs: 0 };

  constructor() {
    this.delay.enable();
  }

  onModuleDestroy(): void {
    this.delay.disable();
  }

  /** CPU and lag are means since the reading before, at least a second ago. */
  read(): { memoryMb: number; memoryPercent: number; cpuPercent: number; eventLoopLagMs: number } {
    const now = performance.now();
    if (now - this.at >= 1_000) {
      const { user, system } = process.cpuUsage(this.cpu);
      // The histogram measures the timer's whole period; what exceeds its resolution is lag.
      const lagMs = Math.max(0, this.delay.mean / 1e6 - 20);
      this.last = {
        cpuPercent: oneDigit((user + system) / 10 / (now - this.at)),
        eventLoopLagMs: oneDigit(lagMs || 0),
      };
      this.cpu = process.cpuUsage();
      this.at = now;
      this.delay.reset();
    }
    const resident = process.memoryUsage.rss();
    const available = process.constrainedMemory() || totalmem();
    return {
      memoryMb: oneDigit(resident / 1e6),
      memoryPercent: oneDigit((resident / Math.min(available, totalmem())) * 100),
      ...this.last,
    };
  }
}

function oneDigit(value: number): number {
  return Math.round(value * 10) / 10;
}
