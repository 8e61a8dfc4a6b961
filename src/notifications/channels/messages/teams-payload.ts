import type { Message, MessageAlert } from '../channel-driver.port.js';
import {
  alertDetail,
  alertTitle,
  andMore,
  fitting,
  headline,
  isOver,
  link,
  runbookOf,
  TEST_TEXT,
  worstFirst,
} from './alert-text.js';

/** A message holds 28 KB; the frame and the last lines take up to 3. */
const BUDGET_BYTES = 25_000;

type Colour = 'Attention' | 'Warning' | 'Accent' | 'Good';
const COLOURS: Record<Message['severity'], Colour> = {
  critical: 'Attention',
  high: 'Attention',
  medium: 'Warning',
  low: 'Accent',
  info: 'Accent',
};

/**
 * A card for a workflow that posts what it is sent: https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using.
 * `RichTextBlock` shows text as it is; a `TextBlock` would read marks in the names of devices.
 */
export function teamsPayload(message: Message): object {
  const url = link(message.external_url);
  const alerts = worstFirst(message.alerts).map((alert) => [
    block(alertTitle(alert), { weight: 'Bolder' }),
    { ...block(alertDetail(alert), { isSubtle: true }), spacing: 'None' },
    ...runbook(alert),
  ]);
  const { shown, more } = fitting(alerts, BUDGET_BYTES, (blocks) => Buffer.byteLength(JSON.stringify(blocks)));
  const colour = isOver(message) ? 'Good' : COLOURS[message.severity];
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    msteams: { width: 'Full' },
    body: [
      block(headline(message), { weight: 'Bolder', size: 'Medium', color: colour }),
      ...(alerts.length === 0 ? [block(TEST_TEXT)] : shown.flat()),
      ...(more > 0 ? [block(andMore(more))] : []),
    ],
    ...(url && { actions: [{ type: 'Action.OpenUrl', title: 'Open Swarmward', url }] }),
  };
  const attachment = { contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content };
  return { type: 'message', attachments: [attachment] };
}

function runbook(alert: MessageAlert): object[] {
  const url = runbookOf(alert);
  if (url === null) return [];
  const open = { type: 'Action.OpenUrl', url };
  return [{ ...block('Runbook', { selectAction: open }), spacing: 'None' }];
}

function block(text: string, looks: object = {}): object {
  return { type: 'RichTextBlock', inlines: [{ type: 'TextRun', text, ...looks }] };
}
