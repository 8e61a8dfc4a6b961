import type { Condition } from '../../alerts/engine/condition.js';

/** Something that does not move in, and why. */
export interface LeftBehind {
  what: 'device' | 'item' | 'profile' | 'alert rule';
  name: string;
  reason: string;
}
/** The rules of the inventory and of alerts, as far as a move must keep them. */
export interface MoveRules {
  /** The address in its canonical form. @throws Error saying why it is none */
  address(text: string): string;
  /** The OID in its canonical form. @throws Error saying why it is none */
  oid(text: string): string;
  /** Why a condition cannot be evaluated here, or null. */
  conditionFault(condition: Condition): string | null;
}
