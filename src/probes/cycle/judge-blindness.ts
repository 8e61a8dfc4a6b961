/** Fewer devices than this prove nothing about the vantage point. */
const MIN_CANDIDATES = 10;
/** One device that fails, with however many behind it, is its own outage. */
const MIN_ROOTS = 2;
const BLIND_SHARE = 0.9;
/** Well below the share that begins it, so that it does not flicker. */
const SIGHT_SHARE = 0.5;

/** Of the devices that were up: how many there were that are not explained, and how many of these fail. */
export interface Losses {
  candidates: number;
  lost: number;
  /** Devices that fail behind one that fails, beside the candidates. */
  explained: number;
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
  /** Of this turn and of others that began within the interval before it: what slower ones saw may be older than the losses. */
  losses: Losses;
  /** Of the last turn of every schedule, however slow: for who sees too little to take back what others found. */
  widerLosses: Losses;
  /** Of the canaries in this turn; null: there are none. */
  canaries: CanaryCount | null;
  /** Whoever is lost is of one site, and somebody elsewhere answers: that site is cut off. */
  oneSite: boolean;
}

/** Whether the numbers alone would make it blind; only then is it worth asking whose devices are lost. */
export function looksBlind(losses: Losses): boolean {
  return isTelling(losses) && losses.lost >= MIN_ROOTS && losses.lost >= losses.candidates * BLIND_SHARE;
}

/** Devices behind failing ones are as many witnesses, only not independent ones. */
function isTelling({ candidates, explained }: Losses): boolean {
  return candidates + explained >= MIN_CANDIDATES;
}

/**
 * Whether failures say something about us instead of the devices: every canary is silent, or 90 % of at least 10 devices that were up
 * fail at once and not all of them in one site.
 *
 * While a canary answers, devices prove nothing. What canaries said holds until one of them answers. What devices said holds until under
 * half of them fail, or too few are left to say.
 */
export function judgeBlindness(evidence: Evidence): Sight {
  const { was, losses, widerLosses, canaries, oneSite } = evidence;
  const canaryVerdict = judgeCanaries(canaries);
  const heldByCanaries = was.reason === 'canaries' && canaries !== null && canaryVerdict === null;
  if (canaryVerdict === 'silent' || heldByCanaries) return { blind: true, reason: 'canaries' };
  if (canaryVerdict === 'answer') return { blind: false, reason: null };
  if (looksBlind(losses) && !oneSite) return { blind: true, reason: 'devices' };
  const telling = isTelling(losses) ? losses : widerLosses;
  const heldByDevices =
    was.reason === 'devices' && !oneSite && isTelling(telling) && telling.lost >= telling.candidates * SIGHT_SHARE;
  return heldByDevices ? was : { blind: false, reason: null };
}

/** All must fail: one that nothing is known of may be the one that would have answered. */
function judgeCanaries(canaries: Evidence['canaries']): 'silent' | 'answer' | null {
  if (!canaries) return null;
  if (canaries.answered > 0) return 'answer';
  return canaries.failed > 0 && canaries.unknown === 0 ? 'silent' : null;
}
