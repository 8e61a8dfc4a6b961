/** One thing to probe. Which fields matter depends on the driver. */
export interface ProbeTarget {
  /** The device's number: a result is matched to its target by it. */
  num: number;
  /** IPv4 or IPv6 address, or a DNS name. Drivers resolve names through {@link AddressResolver}. */
  address: string;
  /** Packets of one ICMP check; TCP and HTTP try once. */
  packets: number;
  /** How long one packet, connect or request may take. */
  timeoutMs: number;
  port: number | null;
  /** Absolute http(s) URL. */
  url: string | null;
  /** `200`, `200-299`, `200,301-302`; null: 200-399. */
  expectedStatus: string | null;
  /** Text that the body must contain; null: any. */
  expectedBody: string | null;
  /** TCP: a refused connection proves that the host is there. */
  refusedIsUp: boolean;
  /** HTTPS: a certificate that does not verify is a failure. */
  verifyTls: boolean;
}

/** Round-trip times in ms; sub-millisecond ones are kept. */
export interface RoundTrips {
  min: number;
  avg: number;
  max: number;
  /** Mean difference between successive ones; null with fewer than two. */
  jitter: number | null;
}

/**
 * - `ok`: it answered as expected.
 * - `failed`: it was asked and did not, or wrongly.
 * - `unknown`: nothing can be said: the driver did not report it, or its name did not resolve.
 */
export type ProbeOutcome = 'ok' | 'failed' | 'unknown';

export interface ProbeResult {
  num: number;
  outcome: ProbeOutcome;
  /** Packets or tries that went out; 0 when nothing did. */
  sent: number;
  received: number;
  /** Null when there was no answer. */
  rtt: RoundTrips | null;
  /** Stable word for machines: `timeout`, `refused`, `unresolvable`, `not_reported`, `status`, `body`, `certificate` …; null when ok. */
  error: string | null;
  /** What was seen besides, bounded: `{ address, http_status, cert_expires_at, message }`. */
  detail: Record<string, string | number | boolean | null> | null;
  /** Of this target, at most 4 KiB, only when the call asked for it: what the driver heard, word for word. */
  raw?: string;
}

export interface ProbeOptions {
  /** Aborted when the time of the batch is over: what has no result by then is unknown. */
  signal: AbortSignal;
  /** How long the whole batch may take, for drivers that pace themselves. */
  budgetMs: number;
  /** Collect {@link ProbeResult.raw}. */
  raw?: boolean;
  /** Called when the driver could not ask a part of the batch; the results of that part are unknown. */
  onFault?: (fault: ProbeDriverError) => void;
}

/** Drivers by the check kind of the devices that they probe. */
export type DriverName = 'icmp' | 'tcp' | 'http';

/**
 * Probes a batch. **A dead target is a result; only a broken driver throws** ({@link ProbeDriverError}). Answers with exactly one
 * result for each target, in their order. The runner owns deadlines, concurrency and timing.
 */
export abstract class ProbeDriver {
  abstract readonly name: DriverName;

  abstract probe(targets: readonly ProbeTarget[], options: ProbeOptions): Promise<ProbeResult[]>;

  /**
   * Whether the driver works at all, shown by health.
   * @throws ProbeDriverError with a message that says how to mend it
   */
  abstract selfTest(signal: AbortSignal): Promise<void>;
}

/** The driver is broken, not its targets: whatever it was asked about is unknown. */
export class ProbeDriverError extends Error {
  override readonly name = 'ProbeDriverError';

  /**
   * @param code stable word: `fping_missing`, `fping_not_permitted`, `fping_killed`, `fping_hung`, `fping_garbage`, `fping_failed`
   * @param message one line for people, with what to do
   */
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** A target that nothing was heard about. */
export function notReported(num: number): ProbeResult {
  return { num, outcome: 'unknown', sent: 0, received: 0, rtt: null, error: 'not_reported', detail: null };
}
