import { CHANNEL_CONCURRENCY, ChannelGate } from './channel-gate.js';

const failAll = (gate: ChannelGate, ids: string[], now = 0) =>
  ids.forEach((id) => gate.failed(id, now, { baseMs: 1_000 }));
const ids = (count: number) => Array.from({ length: count }, (_, index) => `d${index}`);

describe('ChannelGate', () => {
  it('gives room for a few, for more while the receiver is quick, and for few again when it is slow', () => {
    const gate = new ChannelGate();
    expect(gate.room(0)).toBe(CHANNEL_CONCURRENCY);
    gate.claimed('a');
    expect(gate.room(0)).toBe(CHANNEL_CONCURRENCY - 1);
    for (const id of ids(1_000)) gate.succeeded(id, 5);
    expect(gate.room(0)).toBe(511);
    gate.succeeded('a', 900);
    expect(gate.room(0)).toBe(CHANNEL_CONCURRENCY);
  });

  it('does not pause for one delivery that always fails, nor for what is refused for good', () => {
    const gate = new ChannelGate();
    failAll(
      gate,
      Array.from({ length: 100 }, () => 'same'),
    );
    for (const id of ids(20)) gate.failed(id, 0, { permanent: true });
    expect(gate.opensAt(0)).toBeNull();
  });

  it('pauses when many fail in a row, tries one at a time, longer each time, and opens with the first success', () => {
    const gate = new ChannelGate();
    failAll(gate, ids(8));
    expect([gate.room(999), gate.opensAt(999)]).toEqual([0, 1_000]);
    expect(gate.room(1_000)).toBe(1);
    failAll(gate, ['x'], 1_000);
    expect(gate.opensAt(1_000)).toBe(3_000);
    failAll(gate, ['y'], 3_000);
    expect(gate.opensAt(3_000)).toBe(7_000);
    expect(gate.succeeded('z', 10)).toBe(true);
    expect([gate.room(7_000), gate.succeeded('z', 10)]).toEqual([CHANNEL_CONCURRENCY + 2, false]);
  });

  it('takes what somebody asked for while it pauses, as long as there is room', () => {
    const gate = new ChannelGate();
    expect(gate.askedRoom(0)).toBe(0);
    failAll(gate, ids(8));
    expect(gate.askedRoom(0)).toBe(1);
    for (const id of ids(CHANNEL_CONCURRENCY - 1)) gate.claimed(id);
    expect(gate.askedRoom(0)).toBe(1);
    gate.claimed('last');
    expect(gate.askedRoom(0)).toBe(0);
    gate.failed('last', 0);
    expect([gate.askedRoom(0), gate.opensAt(0)]).toEqual([1, 1_000]);
  });

  it('counts those that were under way when it paused only once', () => {
    const gate = new ChannelGate();
    failAll(gate, ids(16));
    expect(gate.opensAt(0)).toBe(1_000);
  });

  it('is left alone as long as the receiver asks, five minutes at most', () => {
    const gate = new ChannelGate();
    gate.failed('a', 0, { retryAfterSeconds: 20 });
    expect(gate.opensAt(0)).toBe(20_000);
    gate.failed('b', 0, { retryAfterSeconds: 1e9 });
    expect([gate.opensAt(0), gate.room(300_000)]).toEqual([300_000, CHANNEL_CONCURRENCY]);
  });
});
