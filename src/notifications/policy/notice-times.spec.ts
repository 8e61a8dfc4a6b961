import type { Severity } from '../../alerts/severity.js';
import { noticeTime } from './notice-times.js';
import type { QuietHours } from './quiet-hours.js';
import type { Route } from './route.js';

const NOW = Date.parse('2026-11-21T22:00:00Z');
const QUIET: QuietHours = { timezone: 'UTC', from: '22:00', to: '06:00', except: ['critical'] };
const MORNING = Date.parse('2026-11-22T06:00:00Z');
const by = (groupWaitSeconds: number | null, quietHours: QuietHours | null = null) =>
  ({ groupWaitSeconds, quietHours }) as Route;

describe('noticeTime', () => {
  it.each<[string, string, Severity, Route | null, number, number, boolean]>([
    ['as the setting says', 'firing', 'high', null, 0, NOW + 30_000, false],
    ['critical: at most 5 s', 'firing', 'critical', null, 0, NOW + 5_000, false],
    ['as the route says', 'firing', 'high', by(120), 0, NOW + 120_000, false],
    ['critical with a shorter wait', 'firing', 'critical', by(1), 0, NOW + 1_000, false],
    ['no wait', 'firing', 'low', by(0), 0, NOW, false],
    ['what was taken late does not wait again', 'firing', 'high', null, -20_000, NOW + 10_000, false],
    ['what was taken very late', 'firing', 'high', null, -3_600_000, NOW, false],
    ['a clock that was set back', 'firing', 'high', null, 3_600_000, NOW + 30_000, false],
    ['quiet hours', 'firing', 'high', by(null, QUIET), 0, MORNING, true],
    ['quiet hours, a reminder', 'reminder', 'high', by(null, QUIET), 0, MORNING, true],
    ['quiet hours, an end', 'resolved', 'high', by(null, QUIET), 0, NOW + 30_000, false],
    ['quiet hours, critical', 'firing', 'critical', by(null, QUIET), 0, NOW + 5_000, false],
    ['the wait ends in quiet hours', 'firing', 'high', by(60, { ...QUIET, from: '22:01' }), 0, MORNING, true],
  ])('%s', (_name, kind, severity, route, ago, at, held) => {
    expect(noticeTime(kind, severity, route, { happenedAt: NOW + ago, now: NOW, waitSeconds: 30 })).toEqual({
      at,
      held,
    });
  });
});
