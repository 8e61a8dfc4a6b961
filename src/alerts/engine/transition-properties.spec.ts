import * as fc from 'fast-check';
import { play, restart } from '../../../test/support/played-series.js';
import type { NoDataPolicy } from './rule.js';

describe('whatever happens', () => {
  const sign = fc.oneof(
    fc
      .tuple(fc.constantFrom('T', 'F', 'R', '?'), fc.constantFrom('', '', 'm', 'p', 'f', 's', 'z'))
      .map(([found, by]) => found + by),
    fc.constantFrom('ack', 'ack<300', 'sticky', 'sticky<600', 'unack', 'gone'),
  );
  const series = fc
    .array(fc.tuple(fc.integer({ min: -200, max: 400 }), sign), { minLength: 1, maxLength: 60 })
    .map((steps) => {
      let at = 1_000;
      return steps.map(([wait, found]) => `${(at += wait)} ${found}`).join(', ');
    });
  const seconds = fc.constantFrom(0, 30, 120);
  const rule = fc.record({
    for: seconds,
    recoveryFor: seconds,
    keepFiring: seconds,
    recovery: fc.boolean(),
    noData: fc.constantFrom<NoDataPolicy>('ok', 'alert', 'keep'),
  });

  it('restarts change nothing', () => {
    fc.assert(fc.property(series, rule, (steps, played) => play(steps, played, restart) === play(steps, played)));
  });

  it('who is told that it fires is told once that it ended, before anything else is told', () => {
    fc.assert(
      fc.property(series, rule, (steps, played) => {
        // A last look when all is well for long: whatever fires ends.
        const calm = '9000000 F, 9000001 R, 9100000 R, 9200000 R';
        const told = [...play(`${steps}, ${calm}`, played).matchAll(/(fired|told|again|resolved|reminder)@-?\d+!/g)];
        const kinds = told.map(([, kind]) =>
          kind === 'fired' || kind === 'told' ? '(' : kind === 'resolved' ? ')' : '-',
        );
        expect(kinds.join('')).toMatch(/^(\(-*\))*$/);
      }),
    );
  });

  it('suppression delays no end', () => {
    fc.assert(
      fc.property(series, rule, (steps, played) => {
        const ends = (log: string) => [...log.matchAll(/(resolved|dropped)@(-?\d+)/g)].map(([, , at]) => at);
        const calm = `${steps}, 9000000 R, 9000200 R`;
        const held = `${steps}, 9000000 Rm, 9000200 Rs`;
        expect(ends(play(held, played))).toEqual(ends(play(calm, played)));
      }),
    );
  });
});
