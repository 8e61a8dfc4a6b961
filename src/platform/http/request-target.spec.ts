import { withoutCredentials } from './request-target.js';

describe('withoutCredentials', () => {
  it.each([
    ['http://vm:8428', '/health', 'http://vm:8428/health', undefined],
    ['http://vm:8428/', '/health', 'http://vm:8428/health', undefined],
    ['https://proxy/vm/?x=1', '/health', 'https://proxy/vm/health?x=1', undefined],
    ['https://hc.example/ping/abc?x=1', '', 'https://hc.example/ping/abc?x=1', undefined],
    ['http://me:p%40ss@vm:8428', '/health', 'http://vm:8428/health', 'me:p@ss'],
    ['http://me:100%@vm', '', 'http://vm/', 'me:100%'],
    ['http://key@vm', '', 'http://vm/', 'key:'],
  ])('%s and %s', (text, path, url, pair) => {
    const target = withoutCredentials(text, path);
    expect(target.url.href).toBe(url);
    const { authorization } = target.headers;
    expect(authorization && Buffer.from(authorization.replace('Basic ', ''), 'base64').toString()).toBe(pair);
  });
});
