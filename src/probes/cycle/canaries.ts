import type { ProbeTarget } from '../drivers/probe-driver.port.js';
import type { Observation } from '../state/device-state.js';
import type { CanaryCount } from './judge-blindness.js';

const CANARY_PACKETS = 3;
const CANARY_TIMEOUT_MS = 900;

/** Canaries beside the devices of a turn: negative numbers, which no device has. */
export function canaryTargets(addresses: readonly string[]): ProbeTarget[] {
  return addresses.map((address, index) => ({
    num: -1 - index,
    address,
    packets: CANARY_PACKETS,
    timeoutMs: CANARY_TIMEOUT_MS,
    port: null,
    url: null,
    expectedStatus: null,
    expectedBody: null,
    refusedIsUp: false,
    verifyTls: true,
  }));
}

export function countCanaries(observations: Iterable<Observation>): CanaryCount {
  const count: CanaryCount = { answered: 0, failed: 0, unknown: 0 };
  for (const { outcome } of observations) count[outcome === 'ok' ? 'answered' : outcome]++;
  return count;
}
