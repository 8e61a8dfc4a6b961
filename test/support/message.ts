import type { Message, MessageAlert } from '../../src/notifications/channels/channel-driver.port.js';

/** One alert of a message; what matters to a test is given. */
export function messageAlert(changes: Partial<MessageAlert> = {}): MessageAlert {
  return {
    id: '7d1c0f3e-0000-4000-8000-000000000001',
    fingerprint: 'f1c3a7',
    rule_id: '9b2d4c1a-0000-4000-8000-000000000001',
    rule_name: 'Device down',
    severity: 'critical',
    status: 'firing',
    target_kind: 'device',
    target_name: 'core-1',
    device_id: '5d0c2a36-8a3e-4f0a-8c37-6b1f0e7f9a41',
    site_name: 'Berlin',
    labels: { team: 'network' },
    summary: 'No answer for 60 s',
    value: 61,
    runbook_url: null,
    began_at: '2026-11-21T12:02:00.000Z',
    fired_at: '2026-11-21T12:03:00.000Z',
    resolved_at: null,
    resolution: null,
    resolved_by: null,
    ...changes,
  };
}

/** A message with one alert; what matters to a test is given. */
export function message(changes: Partial<Message> = {}): Message {
  return {
    id: '0f8e2c5e-0c43-4e0b-8a3f-3f2f8c1b7a10',
    kind: 'firing',
    severity: 'critical',
    group_key: 'site=Berlin',
    group_labels: { site: 'Berlin' },
    title: 'Device down: core-1 in Berlin',
    alerts: [messageAlert()],
    external_url: 'https://swarmward.example.org/alerts',
    created_at: '2026-11-21T12:03:30.000Z',
    ...changes,
  };
}

/** As many alerts, each of its own device. */
export function manyAlerts(count: number, changes: Partial<MessageAlert> = {}): MessageAlert[] {
  return Array.from({ length: count }, (_, n) =>
    messageAlert({
      id: `7d1c0f3e-0000-4000-8000-${String(n).padStart(12, '0')}`,
      fingerprint: `f${n}`,
      target_name: `device-${n}`,
      ...changes,
    }),
  );
}
