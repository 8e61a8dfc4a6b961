import { checkKey, checkPattern, globOf, matches, prefixOf, scopesOf } from './cache-key.js';

describe('cache keys', () => {
  it.each(['docker_swarm_status', 'device:42', 'device:42:ports', 'liste:größe'])('takes %s', (key) => {
    expect(() => checkKey(key)).not.toThrow();
  });

  it.each(['', 'a*', 'a\nb', 'a\0', '@generation:x', 'x'.repeat(513)])('refuses %j', (key) => {
    expect(() => checkKey(key)).toThrow(TypeError);
  });

  it.each(['*', 'device:*', 'device:42:*', 'docker_swarm_status'])('takes the pattern %s', (pattern) => {
    expect(() => checkPattern(pattern)).not.toThrow();
  });

  it.each(['dev*', '*:42', 'device:*:ports', ':*', '', '**'])('refuses the pattern %j', (pattern) => {
    expect(() => checkPattern(pattern)).toThrow(TypeError);
  });

  it.each([
    ['*', 'anything', true],
    ['device:*', 'device:42', true],
    ['device:*', 'device:42:ports', true],
    ['device:*', 'device', false],
    ['device:*', 'devices:42', false],
    ['device:42', 'device:42', true],
    ['device:42', 'device:421', false],
  ])('%s covers %s: %s', (pattern, key, expected) => {
    expect(matches(pattern, key)).toBe(expected);
  });

  it('counts by the text before the first colon, or by the whole key', () => {
    expect([prefixOf('device:42:ports'), prefixOf('docker_swarm_status')]).toEqual(['device', 'docker_swarm_status']);
  });

  it('knows every pattern that covers a key', () => {
    expect(scopesOf('device:42:ports')).toEqual(['*', 'device:*', 'device:42:*', 'device:42:ports']);
    expect(scopesOf('docker_swarm_status')).toEqual(['*', 'docker_swarm_status']);
  });

  it('escapes what has a meaning in a Redis glob', () => {
    expect([globOf('*'), globOf('a[1]?:*'), globOf('plain')]).toEqual(['*', String.raw`a\[1\]\?:*`, 'plain']);
  });
});
