import { spanText } from '../../../alerts/engine/message/value-text.js';
import { severityRank } from '../../../alerts/severity.js';
import type { Message, MessageAlert } from '../channel-driver.port.js';
import { resolutionWords } from './resolution-words.js';

/** More would be read by nobody. */
const SHOWN_ALERTS = 20;

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

/**
 * `core-1 has been down for 1 min · since 2026-11-21 12:03 UTC`; of what has ended `over after 7 min: the rule was switched off ·
 * 2026-11-21 12:03 to 12:10 UTC`. Plain text: to be escaped.
 */
export function alertDetail(alert: MessageAlert, max = 300): string {
  const { began_at: began, resolved_at: ended } = alert;
  const time = ended === null ? `since ${moment(began)} UTC` : `${span(began, ended)} UTC`;
  const said = alert.status === 'resolved' ? ending(alert) : alert.summary;
  const text = oneLine(said, max - time.length - 3);
  return text ? `${text} · ${time}` : time;
}

function ending(alert: MessageAlert): string {
  const { began_at: began, resolved_at: ended } = alert;
  const after = ended === null ? '' : ` after ${spanText((Date.parse(ended) - Date.parse(began)) / 1_000)}`;
  const why = resolutionWords(alert);
  return `over${after}${why === null ? '' : `: ${why}`}`;
}

/** The page that says what to do; null when there is none. */
export function runbookOf(alert: MessageAlert): string | null {
  return link(alert.runbook_url);
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
  return iso.slice(0, 16).replace('T', ' ');
}

function span(from: string, to: string): string {
  const isSameDay = from.slice(0, 10) === to.slice(0, 10);
  return `${moment(from)} to ${isSameDay ? to.slice(11, 16) : moment(to)}`;
}
