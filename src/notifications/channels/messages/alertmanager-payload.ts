import type { Message, MessageAlert } from '../channel-driver.port.js';
import { isOver, link, TEST_TEXT } from './alert-text.js';

type Labels = Record<string, string>;

/** Go's zero time: it has not ended. */
const NOT_ENDED = '0001-01-01T00:00:00Z';

/** The body that Prometheus Alertmanager POSTs to webhooks, version 4. */
export function alertmanagerPayload(message: Message, receiver: string): object {
  const externalUrl = link(message.external_url) ?? '';
  const alerts = message.alerts.map((alert) => alertOf(alert, externalUrl));
  if (alerts.length === 0) alerts.push(testAlert(message, externalUrl));
  return {
    version: '4',
    groupKey: message.group_key,
    truncatedAlerts: 0,
    status: isOver(message) ? 'resolved' : 'firing',
    receiver,
    groupLabels: named(message.group_labels),
    commonLabels: common(alerts.map(({ labels }) => labels)),
    commonAnnotations: common(alerts.map(({ annotations }) => annotations)),
    externalURL: externalUrl,
    alerts,
  };
}

function alertOf(alert: MessageAlert, generatorURL: string) {
  return {
    status: alert.status,
    labels: {
      ...named(alert.labels),
      alertname: alert.rule_name,
      severity: alert.severity,
      instance: alert.target_name,
      target_kind: alert.target_kind,
      ...(alert.site_name !== null && { site: alert.site_name }),
    },
    annotations: {
      summary: alert.summary,
      ...(alert.value !== null && { value: String(alert.value) }),
      ...(alert.runbook_url !== null && { runbook_url: alert.runbook_url }),
    } as Labels,
    startsAt: alert.fired_at,
    endsAt: alert.resolved_at ?? NOT_ENDED,
    generatorURL,
    fingerprint: alert.fingerprint.slice(0, 16),
  };
}

function testAlert(
  { severity, created_at: startsAt, title }: Message,
  generatorURL: string,
): ReturnType<typeof alertOf> {
  return {
    status: 'firing',
    labels: { alertname: 'SwarmwardTest', severity, instance: 'swarmward', target_kind: 'self' },
    annotations: { summary: `${title}. ${TEST_TEXT}` },
    startsAt,
    endsAt: NOT_ENDED,
    generatorURL,
    fingerprint: '0'.repeat(16),
  };
}

/** Names of labels are `[a-zA-Z_][a-zA-Z0-9_]*` there. */
function named(labels: Labels): Labels {
  return Object.fromEntries(
    Object.entries(labels).map(([name, value]) => [name.replace(/\W/g, '_').replace(/^(?=\d|$)/, '_'), value]),
  );
}

function common(all: readonly Labels[]): Labels {
  const [first = {}, ...others] = all;
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => others.every((labels) => labels[name] === value)),
  );
}
