import type { Severity } from '../../../alerts/severity.js';
import type { Message, MessageAlert } from '../channel-driver.port.js';
import { headline, link, oneLine, TEST_TEXT, worstFirst } from './alert-text.js';

const SEVERITIES: Record<Severity, 'critical' | 'error' | 'warning' | 'info'> = {
  critical: 'critical',
  high: 'error',
  medium: 'warning',
  low: 'info',
  info: 'info',
};

/** One event, and what it is about: the same for all attempts. */
export interface PagerdutyEvent {
  key: string;
  body: object;
}

/**
 * The events of a message: https://developer.pagerduty.com/docs/events-api-v2/trigger-events. One for each alert and never one for the
 * group, which is another at every notice: so a resolve closes exactly what its opening opened. A test is closed at once.
 */
export function pagerdutyEvents(message: Message, routingKey: string): PagerdutyEvent[] {
  const url = link(message.external_url);
  const client = { client: 'Swarmward', ...(url && { client_url: url }) };
  if (message.kind === 'test') {
    const key = `swarmward-test-${message.id}`;
    const summary = headline(message, 1_024);
    const payload = { summary, source: 'swarmward', severity: 'info', custom_details: { text: TEST_TEXT } };
    return [
      { key: `${key}:trigger`, body: event(routingKey, 'trigger', key, { payload, ...client }) },
      { key: `${key}:resolve`, body: event(routingKey, 'resolve', key) },
    ];
  }
  return worstFirst(message.alerts).map((alert) => {
    const key = `swarmward-${alert.id}`;
    if (alert.status === 'resolved') return { key, body: event(routingKey, 'resolve', key) };
    return {
      key,
      body: event(routingKey, 'trigger', key, { payload: payloadOf(alert), ...client, ...linksOf(alert) }),
    };
  });
}

function event(routing_key: string, event_action: 'trigger' | 'resolve', dedup_key: string, more: object = {}): object {
  return { routing_key, event_action, dedup_key, ...more };
}

function payloadOf(alert: MessageAlert): object {
  return {
    summary: oneLine(`${alert.rule_name}: ${alert.target_name}${alert.summary ? ` – ${alert.summary}` : ''}`, 1_024),
    source: oneLine(alert.target_name, 255),
    severity: SEVERITIES[alert.severity],
    timestamp: alert.fired_at,
    ...(alert.site_name !== null && { group: alert.site_name }),
    class: alert.rule_name,
    custom_details: { labels: alert.labels, value: alert.value, target_kind: alert.target_kind },
  };
}

function linksOf({ runbook_url: runbook }: MessageAlert): object {
  const href = link(runbook);
  return href ? { links: [{ href, text: 'Runbook' }] } : {};
}
