import type { Resolution } from '../../../alerts/engine/alert.js';
import type { MessageAlert } from '../channel-driver.port.js';

type Words = (alert: Pick<MessageAlert, 'target_kind' | 'resolved_by'>) => string;

const WORDS: Record<Exclude<Resolution, 'recovered'>, Words> = {
  manual: ({ resolved_by: by }) => `resolved by hand${by === null ? '' : ` (${by})`}`,
  rule_deleted: () => 'the rule was deleted',
  rule_disabled: () => 'the rule was switched off',
  rule_broken: () => 'the rule cannot be evaluated any more',
  target_gone: ({ target_kind: kind }) => `the ${kind} is gone`,
  out_of_scope: ({ target_kind: kind }) => `the rule does not mean this ${kind} any more`,
};

/** Why an alert ended, for people; null when its trouble is over, which needs no words. */
export function resolutionWords(
  alert: Pick<MessageAlert, 'resolution' | 'target_kind' | 'resolved_by'>,
): string | null {
  const words = (WORDS as Record<string, Words | undefined>)[alert.resolution ?? ''];
  return words?.(alert) ?? null;
}
