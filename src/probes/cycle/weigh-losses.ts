import type { Observation } from '../state/device-state.js';
import type { Losses } from './judge-blindness.js';
import type { JudgedDevice } from './judged-device.js';

/** What one turn says about the vantage point. */
export interface TurnLosses extends Losses {
  /** Sites of the lost devices; null stands for devices without one. */
  lostSites: ReadonlySet<string | null>;
  /** Sites of the devices that answer, whatever they did before. */
  answeringSites: ReadonlySet<string | null>;
}

export interface TurnFacts {
  /** ms since the epoch. */
  dueAt: number;
  observations: ReadonlyMap<number, Observation>;
  isInMaintenance: (num: number) => boolean;
}

/**
 * Counts the devices that were up, and those of them whose failure only the vantage point would explain. One behind a failing parent is
 * explained; so is one whose parent was not heard of yet in this turn's time, as nobody can say. What fails in maintenance is left out.
 */
export function weighLosses(devices: readonly JudgedDevice[], facts: TurnFacts): TurnLosses {
  const lostSites = new Set<string | null>();
  const answeringSites = new Set<string | null>();
  let candidates = 0;
  let lost = 0;
  let explained = 0;
  for (const device of devices) {
    const outcome = facts.observations.get(device.num)?.outcome;
    if (outcome === 'ok') answeringSites.add(device.siteId);
    if (!device.isProbed || !wasUp(device) || outcome === undefined || outcome === 'unknown') continue;
    if (outcome === 'failed') {
      if (facts.isInMaintenance(device.num)) continue;
      if (!isUnexplained(device, facts)) {
        explained++;
        continue;
      }
      lost++;
      lostSites.add(device.siteId);
    }
    candidates++;
  }
  return { candidates, lost, explained, lostSites, answeringSites };
}

function wasUp({ state }: JudgedDevice): boolean {
  return state?.state === 'up' || (state?.state === 'unknown' && state.lastKnownState === 'up');
}

function isUnexplained({ parent }: JudgedDevice, { dueAt, observations }: TurnFacts): boolean {
  if (!parent?.isProbed) return true;
  const seen = observations.get(parent.num);
  if (seen) return seen.outcome === 'ok';
  return parent.lastOutcome === 'ok' && parent.lastAt !== null && parent.lastAt >= dueAt;
}
