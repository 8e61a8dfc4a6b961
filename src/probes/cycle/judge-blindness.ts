/** Fewer devices than this prove nothing about the vantage point. */
const MIN_CANDIDATES = 10;
const BLIND_SHARE = 0.9;
/** Well below the share that begins it, so that it does not flicker. */
const SIGHT_SHARE = 0.5;

/** Of the devices that were up: how many there were, and how many fail without another's fault. */
export interface Losses {
  candidates: number;
  lost: number;
}

export type BlindReason = 'canaries' | 'devices';

export interface Sight {
  blind: boolean;
  /** What it was judged by; null while it sees. */
  reason: BlindReason | null;
}

export interface CanaryCount {
  answered: number;
  failed: number;
  /** Nothing can be said of them: the driver is broken, a name did not resolve. */
  unknown: number;
}

export interface Evidence {
  was: Sight;
  /** Over all shards and kinds of the last intervals, this turn included. */
  losses: Losses;
  /** Of the canaries in this turn; null when this turn did not ping them. */
  canaries: CanaryCount | null;
  /** Turns that ping canaries are being done: without them nobody can take back what canaries said. */
  canariesWatched: boolean;
  /** Whoever is lost is of one site, and somebody elsewhere answers: that site is cut off. */
  oneSite: boolean;
}

/** Whether the numbers alone would make it blind; only then is it worth asking whose devices are lost. */
export function looksBlind({ candidates, lost }: Losses): boolean {
  return candidates >= MIN_CANDIDATES && lost >= candidates * BLIND_SHARE;
}

/**
 * Whether failures say something about us instead of the devices: every canary is silent, or 90 % of at least 10 devices that were up
 * fail at once and not all of them in one site.
 *
 * What canaries said holds until one of them answers. What devices said holds until under half of them fail, or too few are left to say.
 */
export function judgeBlindness(evidence: Evidence): Sight {
  const { was, losses, canaries, canariesWatched, oneSite } = evidence;
  const canaryVerdict = judgeCanaries(canaries);
  const heldByCanaries = was.reason === 'canaries' && canaryVerdict === null && canariesWatched;
  if (canaryVerdict === 'silent' || heldByCanaries) return { blind: true, reason: 'canaries' };
  if (looksBlind(losses) && !oneSite) return { blind: true, reason: 'devices' };
  const { candidates, lost } = losses;
  const heldByDevices =
    was.reason === 'devices' && !oneSite && candidates >= MIN_CANDIDATES && lost >= candidates * SIGHT_SHARE;
  return heldByDevices ? was : { blind: false, reason: null };
}

/** All must fail: one that nothing is known of may be the one that would have answered. */
function judgeCanaries(canaries: Evidence['canaries']): 'silent' | 'answer' | null {
  if (!canaries) return null;
  if (canaries.answered > 0) return 'answer';
  return canaries.failed > 0 && canaries.unknown === 0 ? 'silent' : null;
}
