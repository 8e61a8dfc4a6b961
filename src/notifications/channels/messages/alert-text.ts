import { severityRank } from '../../../alerts/severity.js';
import type { Message, MessageAlert } from '../channel-driver.port.js';

/** More would be read by nobody. */
export const SHOWN_ALERTS = 20;

const WORDS: Record<Message['kind'], string> = {
  firing: 'FIRING',
  resolved: 'RESOLVED',
  reminder: 'STILL FIRING',
  escalation: 'ESCALATED',
  test: 'TEST',
};
/** Hues of severities as 24-bit RGB; green for what is over. */
const COLOURS = { critical: 0xb91c1c, high: 0xea580c, medium: 0xd97706, low: 0x2563eb, info: 0x64748b };
const OVER = 0x15803d;

/** The first line: `[FIRING] 12 alerts in Berlin: Device down`. */
export function headline(message: Message, max = 250): string {
  return oneLine(`[${WORDS[message.kind]}] ${message.title}`, max);
}

export function colourOf(message: Message): number {
  return isOver(message) ? OVER : COLOURS[message.severity];
}

export function isOver(message: Message): boolean {
  return message.kind === 'resolved';
}

/** The worst first, then as they came. */
export function worstFirst(alerts: readonly MessageAlert[]): MessageAlert[] {
  return [...alerts].sort((a, b) => severityRank(a.severity) - severityRank(b.severity));
}

/** `critical · Device down: core-1 (Berlin)`. Plain text: to be escaped. */
export function alertTitle({ severity, rule_name: rule, target_name: target, site_name: site }: MessageAlert): string {
  return oneLine(`${severity} · ${rule}: ${target}${site ? ` (${site})` : ''}`, 200);
}

/** `no answer since 12:03 · since 2026-11-21 12:03 UTC`. Plain text: to be escaped. */
export function alertDetail(alert: MessageAlert, max = 300): string {
  const ended = alert.resolved_at && `${alert.resolution ?? 'resolved'} ${moment(alert.resolved_at)}`;
  const time = ` · since ${moment(alert.fired_at)}${ended ? `, ${ended}` : ''}`;
  const summary = oneLine(alert.summary, max - time.length);
  return summary ? summary + time : time.slice(3);
}

/** What is said in place of alerts when there are none. */
export const TEST_TEXT = 'This is a test. When you read it, notifications of Swarmward reach you here.';

/**
 * As many of the first lines as fit, and how many more there are.
 * @param measure of a line as it is sent
 */
export function fitting<T>(
  items: readonly T[],
  budget: number,
  measure: (item: T) => number,
): { shown: T[]; more: number } {
  const shown: T[] = [];
  let left = budget;
  for (const item of items.slice(0, SHOWN_ALERTS)) {
    left -= measure(item);
    if (left < 0) break;
    shown.push(item);
  }
  return { shown, more: items.length - shown.length };
}

/** `… and 12 more` */
export const andMore = (more: number): string => `… and ${more} more`;

/** Without line breaks and other control characters, cut between characters at `max` UTF-16 units. */
export function oneLine(text: string, max: number): string {
  // oxlint-disable-next-line no-control-regex
  const line = text.replace(/[\s\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
  if (line.length <= max) return line;
  const cut = line.slice(0, Math.max(0, max - 1));
  return `${cut.replace(/[\ud800-\udbff]$/, '').trimEnd()}…`;
}

/** A link as it may stand in a message; null for what is no link. */
export function link(url: string | null): string | null {
  return url !== null && /^https?:\/\//i.test(url) && URL.canParse(url) && url.length <= 1_000
    ? new URL(url).href
    : null;
}

function moment(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}
