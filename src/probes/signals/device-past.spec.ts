import type { Track } from '../../metrics/signal-history.port.js';
import { DevicePast, itemTrack, pingFields, type StoredPast } from './device-past.js';

const SECOND = 1_000;
const secondsOf = (...seconds: number[]) => Float64Array.from(seconds, (at) => at * SECOND);
const told = (track: Track | null) =>
  track && [...track.at].map((moment, place) => `${moment / SECOND}: ${track.values[place]}`).join(', ');
const last = (metric: string) => ({ metric, agg: 'last', windowSeconds: null }) as const;
const UNTIL = 1_000 * SECOND;
const BLIND = 2 + 8;

/** Up, blind from 45 s on, up again at 75. */
const past = (more: Partial<StoredPast> = {}) =>
  new DevicePast({
    kind: 'icmp',
    isProbed: true,
    intervalSeconds: 30,
    events: { at: secondsOf(0, 45, 75), codes: Float64Array.of(0, BLIND, 0), since: null },
    pings: new Map([
      ['at', secondsOf(0, 30, 60, 90)],
      ['loss', Float64Array.of(0, Number.NaN, 100, 0)],
      ['rtt', Float64Array.of(5, Number.NaN, Number.NaN, 7)],
    ]),
    resolution: 'samples',
    until: UNTIL,
    ...more,
  });

describe('DevicePast', () => {
  it.each([
    ['icmp.loss_percent', '0: 0, 30: NaN, 90: 0, 180: NaN'],
    ['icmp.rtt_ms', '0: 5, 30: NaN, 90: 7, 180: NaN'],
    ['device.no_data_seconds', '0: 0, 60: NaN, 90: 0'],
    ['icmp.jitter_ms', '0: NaN'],
    ['tcp.loss_percent', null],
    ['icmp.flaps', null],
  ])('tells %s, but not what failed while nothing could be seen', (metric, track) => {
    expect(told(past().track(last(metric)))).toBe(track);
  });

  it.each(['samples', '5m'] as const)(
    'no window counts what failed blindly, once it can see again: %s',
    (resolution) => {
      const at = resolution === 'samples' ? secondsOf(0, 30, 60, 90) : secondsOf(0, 300, 600, 900);
      const [blindAt, seenAt] = resolution === 'samples' ? [45, 75] : [310, 590];
      const pings = new Map([
        ['at', at],
        ['loss', Float64Array.of(0, 0, 100, 0)],
        ['sent', Float64Array.of(3, 3, 3, 3)],
        ['results', Float64Array.of(10, 10, 10, 10)],
      ] as const);
      const events = { at: secondsOf(-600, blindAt, seenAt), codes: Float64Array.of(0, BLIND, 0), since: null };
      const window = { metric: 'icmp.loss_percent', agg: 'max', windowSeconds: 1_800 } as const;
      const track = past({ resolution, pings, events }).track(window)!;
      expect([...track.values]).not.toContain(100);
      expect([...track.values].filter((value) => value === 0)).toHaveLength(resolution === 'samples' ? 1 : 2);
    },
  );

  it('tells nothing of a device that is not probed', () => {
    expect(past({ isProbed: false }).track(last('device.down_seconds'))).toBeNull();
  });

  it('asks for no more than it needs', () => {
    expect(pingFields(last('icmp.down_seconds'))).toEqual([]);
    expect(pingFields(last('snmp.load'))).toEqual([]);
    expect(pingFields(last('icmp.no_data_seconds'))).toEqual(['at', 'loss']);
  });
});

describe('itemTrack', () => {
  it('knows nothing while its agent does not answer, whatever it answered before', () => {
    const readings = { at: secondsOf(0, 60, 120), values: Float64Array.of(5, Number.NaN, 7), intervalMs: 60 * SECOND };
    const window = { metric: 'snmp.load', agg: 'avg', windowSeconds: 600 } as const;
    expect(told(itemTrack(window, readings, UNTIL))).toBe('0: 5, 60: NaN, 120: 6, 300: NaN');
  });
});
