import type { AlertFace, PassRule } from './pass.js';
import type { Target } from './targets.js';

export type Labels = Record<string, string>;

/** What an alert can be told apart by. Names of the product win over those that a rule was given. */
export function labelsOf(rule: Pick<PassRule, 'name' | 'severity' | 'labels'>, target: Target): Labels {
  const labels: Labels = {
    ...rule.labels,
    ...target.labels,
    rule: rule.name,
    severity: rule.severity,
    target: target.name,
    target_kind: target.kind,
  };
  const { device } = target;
  if (!device) return labels;
  labels['device'] = device.name;
  labels['device_id'] = device.id;
  labels['check_kind'] = device.checkKind;
  if (device.ip !== null) labels['ip'] = device.ip;
  if (device.siteName !== null) labels['site'] = device.siteName;
  if (device.region !== null) labels['region'] = device.region;
  if (device.tags.length > 0) labels['tag'] = device.tags.join(',');
  return labels;
}

/** What an alert says. */
export function faceOf(
  rule: PassRule,
  target: Target,
  said: { labels: Labels; value: number | null; summary: string; key: string },
): AlertFace {
  const { device } = target;
  return {
    ruleName: rule.name,
    ruleVersion: rule.version,
    severity: rule.severity,
    targetKind: target.kind,
    targetKey: target.key,
    targetName: target.name,
    deviceNum: device?.num ?? null,
    deviceId: device?.id ?? null,
    siteId: device?.siteId ?? null,
    siteName: device?.siteName ?? null,
    ...said,
    runbookUrl: rule.runbookUrl,
  };
}
