import type { Condition } from '../condition.js';
import { conditionNotes } from './condition-notes.js';
import { readCondition } from './parse-condition.js';

const read = (text: string): Condition => readCondition(text).condition;
const notes = (text: string, recovery?: string) => conditionNotes(read(text), recovery ? read(recovery) : null).join();

describe('conditionNotes', () => {
  it.each([
    ['icmp.loss_percent > 20 and icmp.loss_percent < 10'],
    ['icmp.loss_percent > 20 and (icmp.loss_percent < 10 or icmp.loss_percent == 20)'],
    ['icmp.rtt_ms == 5 and icmp.rtt_ms != 5'],
    ['icmp.rtt_ms > 5 and not icmp.rtt_ms > 5'],
    ['not (icmp.rtt_ms > 5 or icmp.rtt_ms <= 5)'],
    ['avg(icmp.rtt_ms, 5m) > 5 and (icmp.jitter_ms > 1 and avg(icmp.rtt_ms, 5m) <= 5)'],
    ['(icmp.rtt_ms > 5 and icmp.rtt_ms < 4) or (icmp.jitter_ms > 5 and icmp.jitter_ms < 4)'],
  ])('says that it never holds: %s', (text) => expect(notes(text)).toMatch(/^The condition never holds/));

  it.each([
    ['icmp.loss_percent > 10 and icmp.loss_percent < 20'],
    ['icmp.loss_percent > 20 or icmp.loss_percent < 10'],
    ['icmp.loss_percent >= 20 and icmp.loss_percent <= 20'],
    ['icmp.loss_percent > 20 and icmp.rtt_ms < 10'],
    ['avg(icmp.loss_percent, 5m) > 20 and icmp.loss_percent < 10'],
    ['avg(icmp.loss_percent, 5m) > 20 and avg(icmp.loss_percent, 1m) < 10'],
    // Neither is true of a device that is checked otherwise.
    ['not icmp.rtt_ms > 5 and not icmp.rtt_ms <= 5 and tcp.down_seconds > 5'],
    [Array.from({ length: 25 }, (_, n) => `(icmp.rtt_ms > ${n + 5} or icmp.rtt_ms < 3)`).join(' and ')],
  ])('has nothing to say of %s', (text) => expect(notes(text)).toBe(''));

  it('says that it always holds', () => {
    expect(notes('icmp.rtt_ms > 10 or icmp.rtt_ms < 20')).toMatch(/whatever its values/);
  });

  it.each([
    ['icmp.loss_percent > 20', 'icmp.loss_percent > 30', /does not end by itself/],
    ['icmp.loss_percent > 20', 'icmp.loss_percent < 5 and icmp.loss_percent > 6', /does not end by itself/],
    ['icmp.loss_percent > 20 and icmp.rtt_ms > 5', 'icmp.loss_percent > 30', /^$/],
    ['icmp.loss_percent > 20', 'icmp.loss_percent < 5', /^$/],
    ['icmp.loss_percent > 20', 'icmp.rtt_ms > 30', /^$/],
    ['icmp.loss_percent > 20', 'icmp.loss_percent < 50', /makes no difference/],
    ['icmp.loss_percent > 20', 'icmp.loss_percent <= 20', /makes no difference/],
  ])('%s, recovery %s', (text, recovery, expected) => expect(notes(text, recovery)).toMatch(expected));
});
