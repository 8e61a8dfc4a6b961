import { editDistance } from '../../../platform/config/edit-distance.js';

/** Farther than that is no slip of a key. */
const FARTHEST = 0.4;

/** The known name that `name` is most likely meant to be; undefined when none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(name.slice(0, 60).toLowerCase(), candidate) }))
    .sort((a, b) => a.distance - b.distance);
  const [best] = ranked;
  return best && best.distance <= Math.max(2, best.candidate.length * FARTHEST) ? best.candidate : undefined;
}
