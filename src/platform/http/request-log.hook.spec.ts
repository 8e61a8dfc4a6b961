import { requestLevel } from './request-log.hook.js';

describe('requestLevel', () => {
  it.each<[string, number, number, string]>([
    ['GET', 200, 5, 'debug'],
    ['GET', 304, 5, 'debug'],
    ['GET', 200, 1500, 'warn'],
    ['GET', 404, 5, 'info'],
    ['POST', 201, 5, 'info'],
    ['POST', 201, 1500, 'warn'],
    ['GET', 500, 1500, 'error'],
    ['GET', 503, 5, 'warn'],
  ])('logs %s with %d after %d ms as %s', (method, status, milliseconds, level) => {
    expect(requestLevel(method, status, milliseconds, 1000)).toBe(level);
  });
});
