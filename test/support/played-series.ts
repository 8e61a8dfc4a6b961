import type { Acknowledgement, OpenAlert, Suppression } from '../../src/alerts/engine/alert.js';
import { holdsBy, recoversBy } from '../../src/alerts/engine/no-data.js';
import type { NoDataPolicy } from '../../src/alerts/engine/rule.js';
import { end, inheritedAck, type Timers, transition } from '../../src/alerts/engine/transition.js';

/** Timers in seconds, such as `{ for: 60 }`. `recovery`: the rule has a threshold of its own for it. */
export interface PlayedRule {
  for?: number;
  recoveryFor?: number;
  keepFiring?: number;
  recovery?: boolean;
  noData?: NoDataPolicy;
}

const SUPPRESSIONS: Record<string, Suppression> = {
  m: { by: 'maintenance', id: null },
  p: { by: 'parent', id: null },
  f: { by: 'flapping', id: null },
  s: { by: 'silence', id: 's' },
  z: { by: 'silence', id: 'z' },
};

/**
 * Plays a series such as `0 T, 30 T, 60 F`: what is found at which second.
 * `T` the condition holds, `F` it does not, `R` nor does it, and the recovery of its own is met, `?` nothing is known;
 * followed by what suppresses: `m` maintenance, `p` parent, `f` flapping, `s` and `z` two silences.
 * Or what somebody does: `ack`, `ack<90` until the 90th second, `sticky`, `sticky<90`, `unack`, `gone` (its target is).
 *
 * Answers with what happened, `!` when it is to be told: `pending@0 fired@60! resolved@90!`. `told`: only now; `again`: to whom it was not.
 */
export function play(
  series: string,
  rule: PlayedRule = {},
  keep: (state: OpenAlert) => OpenAlert = (state) => state,
): string {
  const timers: Timers = {
    forSeconds: rule.for ?? 0,
    recoveryForSeconds: rule.recoveryFor ?? 0,
    keepFiringSeconds: rule.keepFiring ?? 0,
  };
  let alert = null as OpenAlert | null;
  let left: { ack: Acknowledgement; at: number } | null = null;
  const log: string[] = [];
  for (const step of series.split(', ')) {
    const [second, sign] = step.split(' ') as [string, string];
    const now = Number(second) * 1_000;
    const before = alert && keep(alert);
    alert = before;
    if (sign === 'unack') alert = before && { ...before, ack: null };
    else if (/^(ack|sticky)/.test(sign)) alert = before && { ...before, ack: acknowledge(sign, now) };
    else {
      const result: ReturnType<typeof transition> =
        sign === 'gone' && before
          ? end(before, 'target_gone', now)
          : transition(before, timers, momentOf(sign, now, rule, left));
      if (result.last?.ack) left = { ack: result.last.ack, at: now };
      alert = result.state;
      log.push(...happened(before, result, second));
    }
  }
  return log.join(' ');
}

/** What a sign says that is found. */
export function momentOf(
  sign: string,
  now: number,
  rule: PlayedRule,
  left: { ack: Acknowledgement; at: number } | null,
) {
  const policy = rule.noData ?? 'keep';
  const holds = holdsBy(policy, sign[0] === 'T' ? true : sign[0] === '?' ? null : false);
  const met = recoversBy(policy, sign[0] === 'R' ? true : sign[0] === '?' ? null : false);
  return {
    now,
    holds,
    recovered: rule.recovery ? met : holds === false,
    suppression: SUPPRESSIONS[sign[1] ?? ''] ?? null,
    inheritedAck: left && inheritedAck(left.ack, left.at, now),
  };
}

/** By anna, as a sign says. */
export function acknowledge(sign: string, now: number): Acknowledgement {
  const [kind, until] = sign.split('<');
  const ends = until === undefined ? null : Number(until) * 1_000;
  return { by: 'anna', at: now, until: ends, sticky: kind === 'sticky', comment: null };
}

function happened(before: OpenAlert | null, step: ReturnType<typeof transition>, second: string): string[] {
  const words: string[] = [];
  if (!before && step.state?.state === 'pending') words.push('pending');
  if (before?.state === 'pending' && !step.state && !step.resolution) words.push('dropped');
  words.push(...step.events.map(({ kind }) => kind));
  const first = typeof before?.announcedAt === 'number' ? 'again' : 'told';
  const told = step.outbox === 'firing' && !words.includes('fired') ? first : step.outbox;
  if (told === first || told === 'reminder') words.push(told);
  return words.map((word) => `${word}@${second}${isTold(word, step.outbox) ? '!' : ''}`);
}

function isTold(word: string, outbox: string | null): boolean {
  const told = {
    fired: 'firing',
    told: 'firing',
    again: 'firing',
    resolved: 'resolved',
    reminder: 'reminder',
  } as Record<string, string>;
  return outbox !== null && told[word] === outbox;
}

/** An alert as another process reads it. */
export const restart = (state: OpenAlert) => JSON.parse(JSON.stringify(state)) as OpenAlert;
