import { acknowledge, momentOf, play, type PlayedRule, restart } from '../../../test/support/played-series.js';
import type { OpenAlert } from './alert.js';
import { type Timers, transition } from './transition.js';

type Case = [name: string, series: string, rule: PlayedRule, expected: string];
const DAY = 86_400;

const CASES: Record<string, Case[]> = {
  for: [
    ['nothing holds', '0 F, 30 F', {}, ''],
    ['without it, fires at once', '0 T', {}, 'fired@0!'],
    ['fires when it has held long enough', '0 T, 30 T, 60 T', { for: 60 }, 'pending@0 fired@60!'],
    ['not a second earlier', '0 T, 59 T', { for: 60 }, 'pending@0'],
    [
      'a gap begins it anew',
      '0 T, 30 T, 45 F, 60 T, 90 T, 120 T',
      { for: 60 },
      'pending@0 dropped@45 pending@60 fired@120!',
    ],
    ['a blip leaves no trace that is told', '0 T, 30 F, 60 F', { for: 60 }, 'pending@0 dropped@30'],
    ['a late look fires at once', '0 T, 600 T', { for: 60 }, 'pending@0 fired@600!'],
    ['fires once only', '0 T, 30 T, 60 T, 90 T', {}, 'fired@0!'],
    ['fires again after its end', '0 T, 30 F, 60 T', {}, 'fired@0! resolved@30! fired@60!'],
  ],
  recovery: [
    [
      'without a threshold of its own, as soon as the condition does not hold',
      '0 T, 30 F',
      {},
      'fired@0! resolved@30!',
    ],
    ['between the thresholds it goes on', '0 T, 30 F, 60 F', { recovery: true }, 'fired@0!'],
    ['below its threshold it ends', '0 T, 30 F, 60 R', { recovery: true }, 'fired@0! resolved@60!'],
    ['from between the thresholds back', '0 T, 30 F, 60 T, 90 R', { recovery: true }, 'fired@0! resolved@90!'],
    ['must last', '0 T, 30 F, 60 F, 90 F', { recoveryFor: 60 }, 'fired@0! resolved@90!'],
    ['not a second less', '0 T, 30 F, 89 F', { recoveryFor: 60 }, 'fired@0!'],
    [
      'begins anew when the condition holds between',
      '0 T, 30 F, 60 T, 90 F, 120 F, 150 F',
      { recoveryFor: 60 },
      'fired@0! resolved@150!',
    ],
    [
      'begins anew when its threshold is left',
      '0 T, 30 R, 60 F, 90 R, 149 R, 150 R',
      { recovery: true, recoveryFor: 60 },
      'fired@0! resolved@150!',
    ],
    [
      'threshold and duration',
      '0 T, 30 F, 60 R, 90 R, 120 R',
      { recovery: true, recoveryFor: 60 },
      'fired@0! resolved@120!',
    ],
  ],
  'keep firing': [
    ['goes on after the condition held last', '0 T, 30 F, 60 F, 90 F', { keepFiring: 60 }, 'fired@0! resolved@90!'],
    [
      'counts anew from each time it held',
      '0 T, 30 F, 60 T, 90 F, 149 F, 150 F',
      { keepFiring: 60 },
      'fired@0! resolved@150!',
    ],
    [
      'longer than the recovery',
      '0 T, 30 F, 60 F, 120 F, 150 F',
      { keepFiring: 120, recoveryFor: 30 },
      'fired@0! resolved@150!',
    ],
    [
      'shorter than the recovery',
      '0 T, 30 F, 60 F, 120 F, 150 F',
      { keepFiring: 30, recoveryFor: 120 },
      'fired@0! resolved@150!',
    ],
    [
      'counts while the recovery threshold is not met',
      '0 T, 30 F, 90 F, 120 R',
      { keepFiring: 60, recovery: true },
      'fired@0! resolved@120!',
    ],
    ['says nothing of a pending one', '0 T, 30 F', { for: 60, keepFiring: 600 }, 'pending@0 dropped@30'],
  ],
  'no data': [
    ['ok, inactive: stays so', '0 ?, 30 ?', { noData: 'ok' }, ''],
    ['ok, pending: is dropped', '0 T, 30 ?', { noData: 'ok', for: 60 }, 'pending@0 dropped@30'],
    ['ok, firing: ends', '0 T, 30 ?', { noData: 'ok' }, 'fired@0! resolved@30!'],
    [
      'ok, firing with a recovery of its own: ends',
      '0 T, 30 ?',
      { noData: 'ok', recovery: true },
      'fired@0! resolved@30!',
    ],
    [
      'ok, recovering: goes on recovering',
      '0 T, 30 F, 60 ?, 90 ?',
      { noData: 'ok', recoveryFor: 60 },
      'fired@0! resolved@90!',
    ],
    ['alert, inactive: opens', '0 F, 30 ?, 90 ?', { noData: 'alert', for: 60 }, 'pending@30 fired@90!'],
    ['alert, pending: counts on', '0 T, 30 ?, 60 ?', { noData: 'alert', for: 60 }, 'pending@0 fired@60!'],
    ['alert, firing: goes on', '0 T, 30 ?, 60 ?, 90 F', { noData: 'alert' }, 'fired@0! resolved@90!'],
    [
      'alert, recovering: begins anew',
      '0 T, 30 F, 60 ?, 90 F, 150 F',
      { noData: 'alert', recoveryFor: 60 },
      'fired@0! resolved@150!',
    ],
    ['keep, inactive: stays so', '0 ?, 30 ?', { noData: 'keep' }, ''],
    ['keep, pending: neither fires nor is dropped', '0 T, 30 ?, 60 ?, 90 ?', { noData: 'keep', for: 60 }, 'pending@0'],
    [
      'keep, pending: fires when it is known again',
      '0 T, 30 ?, 90 T',
      { noData: 'keep', for: 60 },
      'pending@0 fired@90!',
    ],
    [
      'keep, pending: is dropped when it is known again',
      '0 T, 30 ?, 90 F',
      { noData: 'keep', for: 60 },
      'pending@0 dropped@90',
    ],
    ['keep, firing: goes on', '0 T, 30 ?, 60 ?', { noData: 'keep' }, 'fired@0!'],
    ['keep, firing: ends when it is known again', '0 T, 30 ?, 60 F', { noData: 'keep' }, 'fired@0! resolved@60!'],
    [
      'keep, recovering: does not end unknown',
      '0 T, 30 F, 90 ?, 91 F',
      { noData: 'keep', recoveryFor: 60 },
      'fired@0! resolved@91!',
    ],
  ],
  'clock steps': [
    ['back while pending: counts from now', '1000 T, 100 T, 159 T, 160 T', { for: 60 }, 'pending@1000 fired@160!'],
    ['back a little: only that much later', '100 T, 90 T, 149 T, 150 T', { for: 60 }, 'pending@100 fired@150!'],
    ['back while firing: ends as ever', '1000 T, 100 T, 130 F', {}, 'fired@1000! resolved@130!'],
    [
      'back while recovering: counts from now',
      '990 T, 1000 F, 100 F, 159 F, 160 F',
      { recoveryFor: 60 },
      'fired@990! resolved@160!',
    ],
    [
      'back while kept firing: counts from now',
      '990 T, 1000 F, 100 F, 159 F, 160 F',
      { keepFiring: 60 },
      'fired@990! resolved@160!',
    ],
    ['back fires nothing twice', '1000 T, 100 T, 1000 T, 1100 T', {}, 'fired@1000!'],
    ['forth while pending: fires', '0 T, 5000 T', { for: 60 }, 'pending@0 fired@5000!'],
    ['forth while firing: nothing', '0 T, 5000 T', {}, 'fired@0!'],
    [
      'forth and back while pending',
      '0 T, 30 T, 5000 F, 60 T, 120 T',
      { for: 60 },
      'pending@0 dropped@5000 pending@60 fired@120!',
    ],
    [
      'forth over the end of an acknowledgement',
      '0 T, 10 ack<90, 5000 T',
      {},
      'fired@0! ack_expired@5000 reminder@5000!',
    ],
    [
      'back before an acknowledgement: it ends when it was to',
      '1000 T, 1010 ack<1090, 100 T, 1090 T',
      {},
      'fired@1000! ack_expired@1090 reminder@1090!',
    ],
  ],
  acknowledgement: [
    ['holds until the end', '0 T, 10 ack, 5000 T, 5030 F', {}, 'fired@0! resolved@5030!'],
    ['expires: it is reminded', '0 T, 10 ack<90, 89 T, 90 T, 120 T', {}, 'fired@0! ack_expired@90 reminder@90!'],
    ['expires after the end: nothing', '0 T, 10 ack<90, 60 F, 90 F', {}, 'fired@0! resolved@60!'],
    ['expires in the moment of its end', '0 T, 10 ack<90, 90 F', {}, 'fired@0! resolved@90!'],
    ['expires unknown: it is reminded', '0 T, 10 ack<90, 90 ?', {}, 'fired@0! ack_expired@90 reminder@90!'],
    [
      'expires in maintenance: it is reminded after that',
      '0 T, 10 ack<90, 60 Tm, 90 Tm, 120 T',
      {},
      'fired@0! suppressed@60 unsuppressed@120 ack_expired@120 reminder@120!',
    ],
    [
      'of one that nobody was told of: told when it expires',
      '0 Ts, 10 ack<90, 60 T, 90 T',
      {},
      'fired@0 suppressed@0 unsuppressed@60 ack_expired@90 told@90!',
    ],
    [
      'of one that nobody was told of: its end is not told either',
      '0 Ts, 10 ack, 60 T, 90 F',
      {},
      'fired@0 suppressed@0 unsuppressed@60 resolved@90',
    ],
    [
      'taken back: an untold one is told',
      '0 Ts, 10 ack, 60 T, 70 unack, 80 T',
      {},
      'fired@0 suppressed@0 unsuppressed@60 told@80!',
    ],
    ['is not for the next time', '0 T, 10 ack, 30 F, 60 T', {}, 'fired@0! resolved@30! fired@60!'],
    [
      'sticky: is for the next time',
      '0 T, 10 sticky, 30 F, 60 T, 90 F',
      {},
      'fired@0! resolved@30! fired@60 acknowledged@60 resolved@90',
    ],
    [
      'sticky: until its end',
      '0 T, 10 sticky<90, 30 F, 60 T, 90 T',
      {},
      'fired@0! resolved@30! fired@60 acknowledged@60 ack_expired@90 told@90!',
    ],
    [
      'sticky: over its end it is not for the next time',
      '0 T, 10 sticky<50, 30 F, 60 T',
      {},
      'fired@0! resolved@30! fired@60!',
    ],
    [
      'sticky: for a day after',
      `0 T, 10 sticky, 30 F, ${DAY + 29} T, ${DAY + 30} T`,
      {},
      `fired@0! resolved@30! fired@${DAY + 29} acknowledged@${DAY + 29} ack_expired@${DAY + 30} told@${DAY + 30}!`,
    ],
    ['sticky: not longer', `0 T, 10 sticky, 30 F, ${DAY + 30} T`, {}, `fired@0! resolved@30! fired@${DAY + 30}!`],
  ],
  silence: [
    ['fires, and nobody is told', '0 Ts, 30 Ts', {}, 'fired@0 suppressed@0'],
    [
      'ends while it fires: it is told',
      '0 Ts, 30 T, 60 F',
      {},
      'fired@0 suppressed@0 unsuppressed@30 told@30! resolved@60!',
    ],
    ['begins while it fires: the end is told', '0 T, 30 Ts, 60 Fs', {}, 'fired@0! suppressed@30 resolved@60!'],
    [
      'begins and ends while it fires: it is told to those who have not heard of it',
      '0 T, 30 Ts, 60 T, 90 T',
      {},
      'fired@0! suppressed@30 unsuppressed@60 again@60!',
    ],
    ['of one that nobody was told of: nor is its end', '0 Ts, 30 Fs', {}, 'fired@0 suppressed@0 resolved@30'],
    ['ends in the moment of its end', '0 Ts, 30 F', {}, 'fired@0 suppressed@0 resolved@30'],
    ['one follows another', '0 Ts, 30 Tz, 60 T', {}, 'fired@0 suppressed@0 suppressed@30 unsuppressed@60 told@60!'],
    [
      'does not keep it from ripening',
      '0 Ts, 60 Ts, 61 T',
      { for: 60 },
      'pending@0 fired@60 suppressed@60 unsuppressed@61 told@61!',
    ],
    ['ends before it fires: it is told', '0 Ts, 30 T, 60 T', { for: 60 }, 'pending@0 fired@60!'],
    ['one follows another: nobody is told', '0 T, 30 Ts, 60 Tz', {}, 'fired@0! suppressed@30 suppressed@60'],
    ['begins unknown', '0 T, 30 ?s, 60 ?', {}, 'fired@0! suppressed@30 unsuppressed@60 again@60!'],
  ],
  maintenance: [
    ['holds it back', '0 Tm, 30 Tm', {}, 'pending@0'],
    ['ends: fires at once if it has held long enough', '0 Tm, 60 Tm, 90 T', { for: 60 }, 'pending@0 fired@90!'],
    ['ends: else it ripens', '0 Tm, 30 T, 60 T', { for: 60 }, 'pending@0 fired@60!'],
    ['begins while pending', '0 T, 30 Tm, 60 Tm, 90 Tm', { for: 60 }, 'pending@0'],
    ['all of it is over before it ends', '0 Tm, 30 Fm, 60 F', {}, 'pending@0 dropped@30'],
    ['begins while it fires: goes on', '0 T, 30 Tm, 60 T', {}, 'fired@0! suppressed@30 unsuppressed@60 again@60!'],
    ['begins while it fires: the end is told', '0 T, 30 Tm, 60 Fm', {}, 'fired@0! suppressed@30 resolved@60!'],
    ['ends with the trouble', '0 T, 30 Tm, 60 F', {}, 'fired@0! suppressed@30 resolved@60!'],
    ['goes over into a silence', '0 Tm, 30 Ts, 60 T', {}, 'pending@0 fired@30 suppressed@30 unsuppressed@60 told@60!'],
  ],
  parent: [
    ['down before: the child does not open', '0 Tp, 30 Tp, 60 Tp', { for: 30 }, 'pending@0'],
    ['down before, and back: the child is gone too', '0 Tp, 30 Tp, 60 F', {}, 'pending@0 dropped@60'],
    ['back, the child is not: it opens', '0 Tp, 30 Tp, 60 T', { for: 30 }, 'pending@0 fired@60!'],
    ['down after: the child goes on', '0 T, 30 Tp, 60 Tp', {}, 'fired@0! suppressed@30'],
    ['down after, both come back: the end is told', '0 T, 30 Tp, 60 F', {}, 'fired@0! suppressed@30 resolved@60!'],
    ['down after, child comes back first', '0 T, 30 ?p, 60 Fp', {}, 'fired@0! suppressed@30 resolved@60!'],
    ['down while pending', '0 T, 30 Tp, 90 Tp, 120 T', { for: 60 }, 'pending@0 fired@120!'],
    ['down, the child unknown', '0 ?p, 30 ?p, 60 F', {}, ''],
  ],
  flapping: [
    ['holds it back', '0 Tf, 30 Tf', {}, 'pending@0'],
    ['no storm of openings and ends', '0 Tf, 30 Ff, 60 Tf, 90 Ff', {}, 'pending@0 dropped@30 pending@60 dropped@90'],
    ['calms down in trouble: fires', '0 Tf, 30 T', {}, 'pending@0 fired@30!'],
    ['begins while it fires: the end is told', '0 T, 30 Tf, 60 Ff', {}, 'fired@0! suppressed@30 resolved@60!'],
  ],
  'other ends': [
    ['the target is gone', '0 T, 30 gone', {}, 'fired@0! resolved@30!'],
    ['of a pending one', '0 T, 30 gone', { for: 60 }, 'pending@0 dropped@30'],
    ['of a silenced one that was told', '0 T, 10 Ts, 30 gone', {}, 'fired@0! suppressed@10 resolved@30!'],
    ['of one that was never told', '0 Ts, 30 gone', {}, 'fired@0 suppressed@0 resolved@30'],
  ],
};

const all = Object.entries(CASES).flatMap(([topic, cases]) =>
  cases.map(([name, ...rest]) => [`${topic}: ${name}`, ...rest] as Case),
);

describe('transition', () => {
  it('has a table of at least 60 cases', () => expect(all.length).toBeGreaterThanOrEqual(60));

  it.each(all)('%s', (_name, series, rule, expected) => {
    expect(play(series, rule)).toBe(expected);
  });

  it.each(all)('after a restart between any two steps, %s', (_name, series, rule, expected) => {
    expect(play(series, rule, restart)).toBe(expected);
  });

  it.each([
    ['0 T', { for: 60 }, 60],
    ['0 T, 30 F', { recoveryFor: 60 }, 90],
    ['0 T, 30 F', { keepFiring: 100, recoveryFor: 60 }, 130],
    ['0 T', {}, null],
    ['0 Tm', { for: 60 }, null],
    ['0 Ts', { for: 60 }, 60],
    ['0 T, 10 ack<90, 30 T', {}, 90],
    ['0 T, 10 ack<90, 30 Ts', {}, null],
    ['0 T, 30 F', { recovery: true, recoveryFor: 60 }, null],
  ] as [string, PlayedRule, number | null][])('says when the next timer ripens: %s', (series, rule, expected) => {
    expect(dueAfter(series, rule)).toBe(expected);
  });

  it('looks at timers when an acknowledgement ends', () => {
    const firing = transition(null, NO_TIMERS, { now: 0, holds: true, recovered: false, suppression: null }).state!;
    const acked = { ...firing, ack: acknowledge('ack<90', 0) };
    const step = transition(acked, NO_TIMERS, { now: 1, holds: true, recovered: false, suppression: null });
    expect(step.dueAt).toBe(90_000);
  });
});

const NO_TIMERS: Timers = { forSeconds: 0, recoveryForSeconds: 0, keepFiringSeconds: 0 };

function dueAfter(series: string, rule: PlayedRule): number | null {
  let alert: OpenAlert | null = null;
  let dueAt: number | null = null;
  const timers = {
    forSeconds: rule.for ?? 0,
    recoveryForSeconds: rule.recoveryFor ?? 0,
    keepFiringSeconds: rule.keepFiring ?? 0,
  };
  for (const step of series.split(', ')) {
    const [second, sign] = step.split(' ') as [string, string];
    if (sign.startsWith('ack')) alert = { ...alert!, ack: acknowledge(sign, Number(second) * 1_000) };
    else ({ state: alert, dueAt } = transition(alert, timers, momentOf(sign, Number(second) * 1_000, rule, null)));
  }
  return dueAt === null ? null : dueAt / 1_000;
}
