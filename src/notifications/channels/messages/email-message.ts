import type { Message } from '../channel-driver.port.js';
import {
  alertDetail,
  alertTitle,
  andMore,
  colourOf,
  fitting,
  headline,
  link,
  runbookOf,
  TEST_TEXT,
  worstFirst,
} from './alert-text.js';
import { escapeHtml } from './telegram-payload.js';

/** What a mail says and how it hangs together with others. */
interface EmailMessage {
  subject: string;
  text: string;
  html: string;
  messageId: string;
  /** Of no mail that was sent: both the opening and the resolve of an alert refer to it, which makes them one thread. */
  inReplyTo: string | undefined;
  references: string[];
}

/** @param from address that it is sent from: identifiers are of its domain */
export function emailMessage(message: Message, from: string): EmailMessage {
  const domain = /@([^\s<>@]+)>?\s*$/.exec(from)?.[1] ?? 'swarmward.invalid';
  const alerts = worstFirst(message.alerts);
  const { shown, more } = fitting(alerts, Infinity, () => 0);
  const url = link(message.external_url);
  const references = shown.map(({ id }) => `<alert.${id}@${domain}>`);
  const title = headline(message);
  const rest = more > 0 ? [andMore(more)] : [];
  const none = alerts.length === 0 ? [TEST_TEXT] : [];
  const text = [
    title,
    ...none,
    ...shown.map((alert) =>
      [alertTitle(alert), alertDetail(alert, 1_000), runbookOf(alert)].filter(Boolean).join('\n'),
    ),
    ...rest,
    ...(url ? [url] : []),
  ].join('\n\n');
  const rows = shown.map((alert) => {
    const runbook = runbookOf(alert);
    const more = runbook ? ` · <a href="${escapeHtml(runbook)}">Runbook</a>` : '';
    return `<p><b>${escapeHtml(alertTitle(alert))}</b><br>${escapeHtml(alertDetail(alert, 1_000))}${more}</p>`;
  });
  const html = [
    '<!doctype html><html><body style="font-family:sans-serif">',
    `<h3 style="border-left:6px solid #${colourOf(message).toString(16).padStart(6, '0')};padding-left:8px">${escapeHtml(title)}</h3>`,
    ...rows,
    ...[...none, ...rest].map((line) => `<p>${escapeHtml(line)}</p>`),
    ...(url ? [`<p><a href="${escapeHtml(url)}">Open Swarmward</a></p>`] : []),
    '</body></html>',
  ].join('\n');
  return {
    subject: title,
    text,
    html,
    messageId: `<${message.id}@${domain}>`,
    inReplyTo: references[0],
    references,
  };
}
