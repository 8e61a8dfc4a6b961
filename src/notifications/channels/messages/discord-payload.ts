import type { Message, MessageAlert } from '../channel-driver.port.js';
import {
  alertDetail,
  alertTitle,
  andMore,
  colourOf,
  fitting,
  headline,
  link,
  oneLine,
  runbookOf,
  TEST_TEXT,
  worstFirst,
} from './alert-text.js';

/** https://discord.com/developers/docs/resources/message#embed-object-embed-limits */
const TITLE = 256;
/** Of 4,096 characters of a description. */
const BUDGET = 3_900;
/** Of 2,000 characters. */
const CONTENT = 500;

export function discordPayload(message: Message): object {
  const url = link(message.external_url);
  const lines = worstFirst(message.alerts).map(
    (alert) => `**${escapeDiscord(alertTitle(alert))}**\n${escapeDiscord(alertDetail(alert))}${runbook(alert)}`,
  );
  const { shown, more } = fitting(lines, BUDGET, (line) => line.length + 1);
  const text = [...(lines.length === 0 ? [TEST_TEXT] : shown), ...(more > 0 ? [andMore(more)] : [])].join('\n');
  return {
    // Not escaped to more than twice its length.
    content: escapeDiscord(headline(message, CONTENT)),
    embeds: [
      {
        title: escapeDiscord(oneLine(message.title, TITLE / 2)),
        description: text,
        color: colourOf(message),
        timestamp: message.created_at,
        ...(url && { url }),
      },
    ],
    // Nobody is called by what stands in the name of a device.
    allowed_mentions: { parse: [] },
  };
}

/** A parenthesis would end the address. */
function runbook(alert: MessageAlert): string {
  const url = runbookOf(alert)?.replaceAll('(', '%28').replaceAll(')', '%29');
  return url === undefined ? '' : ` · [Runbook](${url})`;
}

function escapeDiscord(text: string): string {
  return text.replace(/[\\*_~`|<>@#[\]()-]/g, '\\$&');
}
