import type { Message, MessageAlert } from '../channel-driver.port.js';
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

/** A section holds 3,000 characters; what comes after the list takes up to 200 of them. */
const BUDGET = 2_800;

/** https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks: `text` is what a notification on a telephone shows. */
export function slackPayload(message: Message): object {
  const title = escapeSlack(headline(message));
  const url = link(message.external_url);
  const lines = worstFirst(message.alerts).map(
    (alert) => `• *${escapeSlack(alertTitle(alert))}*\n   ${escapeSlack(alertDetail(alert))}${runbook(alert)}`,
  );
  const { shown, more } = fitting(lines, BUDGET, (line) => line.length + 1);
  const text = [...(lines.length === 0 ? [TEST_TEXT] : shown), ...(more > 0 ? [andMore(more)] : [])].join('\n');
  const section = (content: string) => ({ type: 'section', text: { type: 'mrkdwn', text: content } });
  return {
    text: title,
    attachments: [
      {
        color: `#${colourOf(message).toString(16).padStart(6, '0')}`,
        fallback: title,
        blocks: [section(text), ...(url ? [section(linked(url, 'Open Swarmward'))] : [])],
      },
    ],
  };
}

function runbook(alert: MessageAlert): string {
  const url = runbookOf(alert);
  return url === null ? '' : ` · ${linked(url, 'Runbook')}`;
}

/** A `|` would end the address. */
function linked(url: string, text: string): string {
  return `<${escapeSlack(url).replaceAll('|', '%7C')}|${text}>`;
}

/** Slack's three; its own marks within a text stay marks, which does no harm. `<!channel>` and links need the angle. */
function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
