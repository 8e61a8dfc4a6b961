import type { Condition } from '../condition.js';
import { canHold } from './can-hold.js';

/** What deserves a look though it can be evaluated: it is likely not what is meant. */
export function conditionNotes(condition: Condition, recovery: Condition | null): string[] {
  const holds = { condition, negated: false };
  const fails = { condition, negated: true };
  if (!canHold([holds])) return ['The condition never holds: what it asks for excludes itself. It will never fire.'];
  if (!canHold([fails])) return ['The condition holds whatever its values are: it fires as soon as they are known.'];
  if (!recovery) return [];
  const recovers = { condition: recovery, negated: false };
  const stays = { condition: recovery, negated: true };
  if (!canHold([recovers, fails])) {
    return ['The recovery holds only while the condition does, or never: what fires does not end by itself.'];
  }
  if (!canHold([stays, fails])) {
    return ['The recovery holds as soon as the condition does not: its threshold makes no difference.'];
  }
  return [];
}
