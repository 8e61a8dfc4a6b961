export type WorkerVerdict = 'healthy' | 'degraded' | 'critical';

/** What the verdict is made of. */
export interface WorkerFacts {
  /** Jobs that all live workers together can run at once: per worker, jobs per queue × queues it takes. */
  concurrency: number;
  /** Under this it is degraded. */
  workersMin: number;
  /** Under half of this it is degraded; 0 expects nothing. */
  workersExpected: number;
  queues: {
    name: string;
    waiting: number;
    /** Age of the oldest waiting job; null when none waits. */
    oldestWaitingSeconds: number | null;
    /** Live workers that take jobs from it. Left out: not judged. */
    workers?: number;
  }[];
}

const QUEUE_LENGTH = { degraded: 1_000, critical: 5_000 };
const OLDEST_SECONDS = { degraded: 60, critical: 300 };

/** Judges workers and queues after the rules of the operations guide. The worst finding wins; every finding is named. */
export function judgeWorkers(facts: WorkerFacts): { verdict: WorkerVerdict; reasons: string[] } {
  const findings = [
    ...judgeConcurrency(facts),
    ...facts.queues.flatMap((queue) => judgeQueue(queue, facts.concurrency)),
  ];
  const verdict = (['critical', 'degraded'] as const).find((level) => findings.some(([found]) => found === level));
  return { verdict: verdict ?? 'healthy', reasons: findings.map(([, reason]) => reason) };
}

type Finding = [Exclude<WorkerVerdict, 'healthy'>, string];

function judgeConcurrency({ concurrency, workersMin, workersExpected }: WorkerFacts): Finding[] {
  if (concurrency <= 0) return [['critical', 'no worker is alive']];
  const findings: Finding[] = [];
  if (concurrency < workersMin) {
    findings.push(['degraded', `${concurrency} workers, fewer than the minimum of ${workersMin}`]);
  }
  if (concurrency < workersExpected / 2) {
    findings.push(['degraded', `${concurrency} workers, fewer than half of the ${workersExpected} expected`]);
  }
  return findings;
}

function judgeQueue(queue: WorkerFacts['queues'][number], concurrency: number): Finding[] {
  const findings: Finding[] = [];
  const length = levelOf(queue.waiting, QUEUE_LENGTH);
  if (length)
    findings.push([length, `queue ${queue.name}: ${queue.waiting} jobs wait (limit ${QUEUE_LENGTH[length]})`]);
  const age = queue.oldestWaitingSeconds ?? 0;
  const aged = levelOf(age, OLDEST_SECONDS);
  if (aged) {
    findings.push([
      aged,
      `queue ${queue.name}: the oldest job waits for ${Math.floor(age)} s (limit ${OLDEST_SECONDS[aged]} s)`,
    ]);
  }
  if (queue.workers === 0 && concurrency > 0) {
    findings.push(['degraded', `queue ${queue.name}: no live worker takes its jobs`]);
  }
  return findings;
}

function levelOf(value: number, limits: { degraded: number; critical: number }): Finding[0] | undefined {
  if (value > limits.critical) return 'critical';
  return value > limits.degraded ? 'degraded' : undefined;
}
