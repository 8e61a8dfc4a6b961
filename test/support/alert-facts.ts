import type { AlertFacts } from '../../src/alerts/outbox/alert-facts.js';

/** An alert that fires. */
export function alertFacts(more: Partial<AlertFacts> = {}): AlertFacts {
  return {
    id: 'a1',
    fingerprint: 'f1',
    ruleId: 'r1',
    ruleName: 'Device down',
    severity: 'high',
    state: 'firing',
    targetKind: 'device',
    targetKey: '7',
    targetName: 'sw-1',
    deviceId: 'd1',
    siteId: 's1',
    siteName: 'Berlin',
    region: 'North',
    labels: { team: 'net' },
    summary: 'sw-1 is down',
    value: 60,
    runbookUrl: null,
    beganAt: new Date('2026-11-21T08:59:00Z'),
    firedAt: new Date('2026-11-21T09:00:00Z'),
    resolvedAt: null,
    resolution: null,
    resolvedBy: null,
    acknowledged: false,
    suppressed: false,
    groupBy: ['site'],
    channelIds: [],
    ...more,
  };
}
