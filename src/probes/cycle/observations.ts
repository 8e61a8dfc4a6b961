import { notReported, type ProbeResult, type ProbeTarget } from '../drivers/probe-driver.port.js';
import type { Observation } from '../state/device-state.js';

/**
 * Exactly one observation for each target. What the driver did not report is unknown, and so is everything when it is broken (null):
 * neither is ever a failure of the device.
 *
 * @param at when the probes began, ms
 */
export function observationsOf(
  targets: readonly Pick<ProbeTarget, 'num'>[],
  heard: readonly ProbeResult[] | null,
  at: number,
): Map<number, Observation> {
  const byNum = new Map(heard?.map((result) => [result.num, result]));
  return new Map(
    targets.map(({ num }) => {
      const { outcome, sent, received, rtt, error, detail } = heard
        ? (byNum.get(num) ?? notReported(num))
        : { ...notReported(num), error: 'driver' };
      return [num, { at, outcome, sent, received, rtt, error, detail }];
    }),
  );
}
