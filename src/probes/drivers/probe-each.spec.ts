import { notReported, type ProbeResult, type ProbeTarget } from './probe-driver.port.js';
import { probeEach } from './probe-each.js';

const targets = Array.from({ length: 20 }, (_, num) => ({ num }) as ProbeTarget);
const ok = (num: number): ProbeResult => ({ ...notReported(num), outcome: 'ok', error: null });
const never = new AbortController().signal;

describe('probeEach', () => {
  it('keeps the order, and no more at once than it may', async () => {
    let now = 0;
    let most = 0;
    const results = await probeEach(targets, { signal: never, atOnce: 7 }, async ({ num }) => {
      most = Math.max(most, ++now);
      for (let tick = num; tick < 20; tick += 1) await Promise.resolve();
      now -= 1;
      return ok(num);
    });
    expect(results).toEqual(targets.map(({ num }) => ok(num)));
    expect(most).toBe(7);
  });

  it('makes only the target unknown whose probe breaks', async () => {
    const results = await probeEach(targets.slice(0, 3), { signal: never, atOnce: 2 }, async ({ num }) => {
      if (num === 1) throw new Error('a bug');
      return ok(num);
    });
    expect(results[1]).toEqual({ ...notReported(1), error: 'internal', detail: { message: 'a bug' } });
    expect([results[0], results[2]]).toEqual([ok(0), ok(2)]);
  });

  it('stops every probe under way and begins no other', async () => {
    const stop = new AbortController();
    const begun: AbortSignal[] = [];
    const probing = probeEach(targets, { signal: stop.signal, atOnce: 5 }, ({ num }, signal) => {
      begun.push(signal);
      if (num < 3) return Promise.resolve(ok(num));
      return new Promise((resolve) =>
        signal.addEventListener('abort', () => resolve({ ...ok(num), outcome: 'failed' })),
      );
    });
    await new Promise(setImmediate);
    expect(begun).toHaveLength(8);
    stop.abort();
    expect(await probing).toEqual(targets.map(({ num }) => (num < 3 ? ok(num) : notReported(num))));
    expect(begun.slice(3).every(({ aborted }) => aborted)).toBe(true);
    expect(begun).toHaveLength(8);
  });
});
