/** What became of the jobs of one kind in this process. */
export interface JobCount {
  completed: number;
  /** Given up after the last try. */
  failed: number;
  /** Tries that failed with another one to come. */
  retried: number;
  /** Tries over their time limit; they are in `failed` or `retried` as well. */
  timedOut: number;
  /** Dropped because they began too late. */
  late: number;
  /** Given back to the queue by a worker that had to stop. */
  handedBack: number;
  /** Running time of the tries that completed. */
  durationMs: { count: number; total: number; max: number };
}

export type JobOutcome = Exclude<keyof JobCount, 'durationMs'>;

/** Plain counters since the start of the process, for `/metrics`. */
export class JobCounters {
  private readonly counts = new Map<string, JobCount>();

  add(jobName: string, outcome: JobOutcome): void {
    this.of(jobName)[outcome] += 1;
  }

  completed(jobName: string, tookMs: number): void {
    const count = this.of(jobName);
    count.completed += 1;
    const { durationMs } = count;
    durationMs.count += 1;
    durationMs.total += tookMs;
    durationMs.max = Math.max(durationMs.max, tookMs);
  }

  /** A copy, by job name. */
  snapshot(): Record<string, JobCount> {
    return structuredClone(Object.fromEntries(this.counts));
  }

  private of(jobName: string): JobCount {
    let count = this.counts.get(jobName);
    if (!count) {
      const durationMs = { count: 0, total: 0, max: 0 };
      count = { completed: 0, failed: 0, retried: 0, timedOut: 0, late: 0, handedBack: 0, durationMs };
      this.counts.set(jobName, count);
    }
    return count;
  }
}
