/** fping is asked for no more than this share of an interval: the rest is for the answers, the database and a busy machine. */
export const MAX_SHARE = 0.7;
/** Pause between two packets to one device. */
export const PACKET_PERIOD_MS = 1_000;
/** The shortest pause between two packets of one fping. 5,000 packets a second were seen to lose none on loopback. */
export const MIN_GAP_MS = 0.2;
/** Slower than this is never needed: the pace of fping's own default. */
const MAX_GAP_MS = 10;
/** The share of the interval that packets are spread over when there is time. */
const WANTED_SHARE = 0.25;

/** How a batch of devices is pinged: the arguments of fping and how long they take at most. */
export interface PingPlan {
  /** `-i`: between any two packets, ms. */
  gapMs: number;
  /** `-p`: between two packets to one device, ms; more than the time limit. */
  periodMs: number;
  /** When the last answer has come or its time is over. */
  durationMs: number;
  /** Of the interval. */
  share: number;
  fits: boolean;
}

/**
 * Chooses the pace of fping for a batch. Its time is `max(devices × packets × gap, (packets − 1) × period) + timeout`, measured with
 * fping 5.1.
 */
export function planPings(batch: {
  devices: number;
  packets: number;
  timeoutMs: number;
  intervalSeconds: number;
}): PingPlan {
  const { devices, packets, timeoutMs, intervalSeconds } = batch;
  const intervalMs = intervalSeconds * 1_000;
  const periodMs = Math.max(PACKET_PERIOD_MS, timeoutMs + 100);
  // Where waiting for the last answer leaves less, the pace is faster.
  const spreadMs = Math.min(intervalMs * WANTED_SHARE, intervalMs * MAX_SHARE - timeoutMs);
  const wanted = spreadMs / Math.max(1, devices * packets);
  const gapMs = Math.min(MAX_GAP_MS, Math.max(MIN_GAP_MS, Math.floor(wanted * 10) / 10));
  const durationMs = Math.ceil(Math.max(devices * packets * gapMs, (packets - 1) * periodMs) + timeoutMs);
  const share = durationMs / intervalMs;
  return { gapMs, periodMs, durationMs, share, fits: share <= MAX_SHARE };
}
