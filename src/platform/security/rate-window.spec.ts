import { clientKey, RateWindow, RateWindows } from './rate-window.js';

describe('RateWindow', () => {
  it('says how long to wait when the limit is used up, and begins anew', () => {
    const window = new RateWindow();
    expect([window.hit(1_000, 2), window.hit(2_000, 2), window.hit(31_000, 2)]).toEqual([0, 0, 30]);
    expect(window.hit(61_000, 2)).toBe(0);
  });

  it('never says to wait for 0 seconds', () => {
    const window = new RateWindow();
    window.hit(0, 1);
    expect(window.hit(59_999, 1)).toBe(1);
  });

  it('looks without taking', () => {
    const window = new RateWindow();
    window.hit(0, 60, 6);
    expect(window.blocked(0, 60)).toBe(0);
    window.hit(0, 60, 54);
    expect(window.blocked(0, 60)).toBe(60);
    expect(window.blocked(60_000, 60)).toBe(0);
  });
});

describe('RateWindows', () => {
  it('stays bounded, whoever knocks', () => {
    const windows = new RateWindows(3);
    for (let index = 0; index < 100; index++) windows.of(`client${index}`, 0).hit(0, 1);
    const kept = Array.from({ length: 100 }, (_, index) => windows.peek(`client${index}`)).filter(Boolean);
    expect(kept).toHaveLength(3);
  });
});

describe('clientKey', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('takes %s as %s', (address, key) => {
    expect(clientKey(address)).toBe(key);
  });
});
