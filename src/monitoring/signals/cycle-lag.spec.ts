import { CycleLag } from './cycle-lag.js';

const NOW = Date.parse('2026-11-21T10:00:00Z');
const at = (seconds: number): number => NOW + seconds * 1_000;
const ping = (lastDueAt: number | null) => ({ key: 'ping-30/0', intervalSeconds: 30, lastDueAt });

describe('CycleLag', () => {
  it('is 0 without schedules, and while turns are done', () => {
    const lag = new CycleLag();
    expect(lag.of([], NOW)).toBe(0);
    expect(lag.of([ping(at(0))], at(29))).toBe(0);
  });

  it('grows from one interval after the last turn', () => {
    const lag = new CycleLag();
    lag.of([ping(at(0))], at(0));
    expect(lag.of([ping(at(0))], at(40))).toBe(10);
    expect(lag.of([ping(at(30))], at(40))).toBe(0);
  });

  it('does not count what was missed before it was first seen', () => {
    const lag = new CycleLag();
    expect(lag.of([ping(at(-86_400))], at(0))).toBe(0);
    expect(lag.of([ping(at(-86_400))], at(31))).toBe(1);
    expect(lag.of([ping(null), { ...ping(null), key: 'snmp-60/0' }], at(35))).toBe(5);
  });

  it('is that of the worst', () => {
    const lag = new CycleLag();
    const slow = { key: 'snmp-3600/0', intervalSeconds: 3_600, lastDueAt: at(0) };
    lag.of([ping(at(0)), slow], at(0));
    expect(lag.of([ping(at(0)), slow], at(3_700))).toBe(3_670);
  });

  it('begins anew when the clock was set back, and when a schedule comes back', () => {
    const lag = new CycleLag();
    lag.of([ping(null)], at(1_000));
    expect(lag.of([ping(null)], at(0))).toBe(0);
    expect(lag.of([ping(null)], at(31))).toBe(1);
    lag.of([], at(40));
    expect(lag.of([ping(at(0))], at(200))).toBe(0);
  });
});
