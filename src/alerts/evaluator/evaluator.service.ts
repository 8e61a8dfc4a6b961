import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.schema.js';
import type { Lease } from '../../platform/database/lease.store.js';
import { EventFeed } from '../../platform/events/event-feed.client.js';
import type { NoticeKind } from '../../platform/events/notice.js';
import { OutageLog } from '../../platform/queue/outage-log.js';
import { Bell } from '../../platform/schedule/bell.js';
import { Leadership } from '../../platform/schedule/leadership.service.js';
import { EvaluatorStatus } from './evaluator-status.service.js';
import { type PassReport, PassRunner } from './pass-runner.service.js';
import { passSummary } from './pass-summary.js';

/** After these something may have changed that alerts are about. */
const TRIGGERS = [
  'probe_cycle',
  'swarm_published',
  'swarm_refresh_failed',
  'silences_changed',
  'alerts_untold',
] as const;
/** How long after a pass that failed it is tried again. */
const RETRY_MS = 1_000;
/** Between two passes there is a pause as long as the first took, so that they never take more than half of a processor; within these. */
const SHORTEST_REST_MS = 50;
const LONGEST_REST_MS = 1_000;
/** Timers are not to ring before what they are for. */
const TIMER_SLACK_MS = 5;

/**
 * Judges all rules over and over: at once after whatever may have changed something, at the moments at which times run out, and at
 * least every `evaluationSeconds`. In one process of an installation, one pass after the other; what comes meanwhile is one further pass.
 * Not through the queue: it watches the queue as well.
 */
@Injectable()
export class Evaluator implements OnApplicationBootstrap {
  private readonly log = new Logger('AlertEvaluator');
  private readonly outage = new OutageLog('The evaluation of alert rules', this.log);
  private readonly bell = new Bell();
  private isPassing = false;
  /** Last ids of the events of changes that were heard of while a pass ran. */
  private heard: number[] = [];
  private lastWritten: number | null = null;

  constructor(
    private readonly leadership: Leadership,
    private readonly feed: EventFeed,
    private readonly passes: PassRunner,
    private readonly status: EvaluatorStatus,
    private readonly settings: Settings,
  ) {}

  onApplicationBootstrap(): void {
    for (const kind of TRIGGERS) this.feed.on(kind, () => this.bell.ring());
    this.onChangeOf('alert_rules_changed', () => this.passes.forgetRules());
    this.onChangeOf('inventory_changed', () => this.passes.forgetInventory());
    this.onChangeOf('maintenance_changed', () => this.passes.forgetMaintenance());
    this.feed.on('alerts_changed', ({ last }) => this.alertsChanged(last));
    this.feed.onGap(() => {
      this.passes.forgetRules();
      this.passes.forgetInventory();
      this.passes.forgetMaintenance();
      this.bell.ring();
    });
    this.leadership.take({ name: 'alert-evaluator', work: (lease, signal) => this.lead(lease, signal) });
  }

  private onChangeOf(kind: NoticeKind, forget: () => void): void {
    this.feed.on(kind, () => {
      forget();
      this.bell.ring();
    });
  }

  /** Acknowledged or resolved by hand. Our own changes are no news; their notice may come before our answer. */
  private alertsChanged(last: number): void {
    if (last === this.lastWritten) return;
    if (this.isPassing) this.heard.push(last);
    else this.bell.ring();
  }

  private async lead(lease: Lease, signal: AbortSignal): Promise<void> {
    this.status.began();
    // Another process may have led meanwhile.
    this.passes.forgetRules();
    this.passes.forgetInventory();
    try {
      while (!signal.aborted) {
        const began = performance.now();
        const report = await this.passOnce(lease, signal);
        await rest(Math.min(Math.max(performance.now() - began, SHORTEST_REST_MS), LONGEST_REST_MS), signal);
        await this.bell.wait(this.pauseAfter(report, performance.now() - began), signal);
      }
    } finally {
      this.status.ended();
    }
  }

  /** @returns null when it failed, or the lead ended meanwhile: what is written then is refused */
  private async passOnce(lease: Lease, signal: AbortSignal): Promise<PassReport | null> {
    this.isPassing = true;
    try {
      const report = await unlessAborted(this.passes.run(lease.manager), signal);
      if (!report) return null;
      this.outage.succeeded(new Date());
      this.status.passed(report.figures, performance.now(), report.blind);
      this.lastWritten = report.lastEvent ?? this.lastWritten;
      const news = passSummary(report.figures);
      if (news) this.log.log(news);
      return report;
    } catch (error) {
      this.outage.failed(error, new Date());
      return null;
    } finally {
      this.isPassing = false;
      if (this.heard.some((last) => last !== this.lastWritten)) this.bell.ring();
      this.heard = [];
    }
  }

  private pauseAfter(report: PassReport | null, agoMs: number): number {
    if (!report) return RETRY_MS;
    if (report.isUnfinished) return 0;
    const tick = this.settings.evaluationSeconds * 1_000;
    const due = report.nextDueInMs === null ? tick : report.nextDueInMs + TIMER_SLACK_MS;
    return Math.max(0, Math.min(tick, due) - agoMs);
  }
}

async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal }).catch(() => undefined);
}

/** @returns null as soon as `signal` is aborted, whatever becomes of the work then */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | null> {
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<null>((resolve) => {
    onAbort = () => resolve(null);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) resolve(null);
  });
  try {
    return await Promise.race([
      work.catch((error: unknown) => (signal.aborted ? null : Promise.reject(error as Error))),
      aborted,
    ]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
