import { worst, type Verdict } from './component-health.js';
import { judgeDisk } from './judge-disk.js';

describe('worst', () => {
  it.each<[Verdict[], string]>([
    [[], 'healthy'],
    [['healthy', 'not configured'], 'healthy'],
    [['degraded', 'healthy'], 'degraded'],
    [['critical', 'degraded', 'healthy'], 'critical'],
    [['not configured', 'critical', 'healthy'], 'critical'],
  ])('of %j is %s', (verdicts, expected) => {
    expect(worst(verdicts)).toBe(expected);
  });
});

describe('judgeDisk', () => {
  const gigabyte = 1e9;
  it.each([
    [75, 'healthy: 75.0GB free (75.0%)'],
    [20, 'healthy: 20.0GB free (20.0%)'],
    [19.9, 'degraded: 19.9GB free (19.9%)'],
    [10, 'degraded: 10.0GB free (10.0%)'],
    [9.9, 'critical: 9.9GB free (9.9%)'],
  ])('%s%% free is %s', (free, text) => {
    expect(judgeDisk({ freeBytes: free * gigabyte, totalBytes: 100 * gigabyte }).text).toBe(text);
  });
});
