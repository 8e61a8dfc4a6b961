import { Bell } from './bell.js';

const LONG = 60_000;

describe('Bell', () => {
  const never = new AbortController().signal;

  it('wakes who waits', async () => {
    const bell = new Bell();
    const waiting = bell.wait(LONG, never);
    bell.ring();
    await waiting;
  });

  it('rung before lets one through, however often it was', async () => {
    const bell = new Bell();
    bell.ring();
    bell.ring();
    await bell.wait(LONG, never);
    let woken = false;
    const second = bell.wait(LONG, never).then(() => (woken = true));
    await Promise.resolve();
    expect(woken).toBe(false);
    bell.ring();
    await second;
  });

  it('ends with the time, and with who waits', async () => {
    await new Bell().wait(1, never);
    await new Bell().wait(0, never);
    const ending = new AbortController();
    const waiting = new Bell().wait(LONG, ending.signal);
    ending.abort();
    await waiting;
    await new Bell().wait(LONG, ending.signal);
  });
});
