import type { TelegramConfig } from '../config/channel-config.dto.js';
import type { Message, MessageAlert } from '../channel-driver.port.js';
import {
  alertDetail,
  alertTitle,
  andMore,
  fitting,
  headline,
  link,
  runbookOf,
  TEST_TEXT,
  worstFirst,
} from './alert-text.js';

/** A message holds 4,096 UTF-16 units after its marks are read; before, so much the less. */
const LONGEST = 4_096;

/** https://core.telegram.org/bots/api#sendmessage */
export function telegramPayload(message: Message, config: Pick<TelegramConfig, 'chat_id' | 'thread_id'>): object {
  const title = `<b>${escapeHtml(headline(message))}</b>`;
  const url = link(message.external_url);
  const end = url ? [`<a href="${escapeHtml(url)}">Open Swarmward</a>`] : [];
  const lines = worstFirst(message.alerts).map(
    (alert) => `<b>${escapeHtml(alertTitle(alert))}</b>\n${escapeHtml(alertDetail(alert))}${runbook(alert)}`,
  );
  const taken = title.length + (end[0]?.length ?? 0) + 50;
  const { shown, more } = fitting(lines, LONGEST - taken, (line) => line.length + 1);
  const text = [
    title,
    ...(lines.length === 0 ? [TEST_TEXT] : shown),
    ...(more > 0 ? [andMore(more)] : []),
    ...end,
  ].join('\n');
  return {
    chat_id: config.chat_id,
    ...(config.thread_id !== undefined && { message_thread_id: config.thread_id }),
    text,
    parse_mode: 'HTML',
    link_preview_options: { is_disabled: true },
  };
}

function runbook(alert: MessageAlert): string {
  const url = runbookOf(alert);
  return url === null ? '' : ` · <a href="${escapeHtml(url)}">Runbook</a>`;
}

/** Also of mails. */
export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
