import { createHmac } from 'node:crypto';
import { manyAlerts, message, messageAlert } from '../../../../test/support/message.js';
import type { Message, MessageAlert } from '../channel-driver.port.js';
import { alertmanagerPayload } from './alertmanager-payload.js';
import { discordPayload } from './discord-payload.js';
import { emailMessage } from './email-message.js';
import { pagerdutyEvents } from './pagerduty-payload.js';
import { slackPayload } from './slack-payload.js';
import { teamsPayload } from './teams-payload.js';
import { telegramPayload } from './telegram-payload.js';
import { signature, webhookPayload } from './webhook-payload.js';

const KEY = 'R'.repeat(32);
const from = 'Swarmward <alerts@example.org>';
const chat = { chat_id: '-100', thread_id: undefined };
/** What a person reads, as one text, by kind. */
const TEXTS: Record<string, (of: Message) => string> = {
  slack: (of) => JSON.stringify(slackPayload(of)),
  discord: (of) => JSON.stringify(discordPayload(of)),
  telegram: (of) => JSON.stringify(telegramPayload(of, chat)),
  teams: (of) => JSON.stringify(teamsPayload(of)),
  email: (of) => JSON.stringify(emailMessage(of, from)),
};
const kinds = Object.keys(TEXTS);
const NASTY = '</b><script>*_~`|@everyone <!channel> "quoted" & \\ \u0000\u0007\nfrom: x 🔥';
const nasty = message({
  title: NASTY,
  alerts: [messageAlert({ rule_name: NASTY, target_name: NASTY, site_name: NASTY, summary: NASTY })],
});
const huge = message({
  title: 'x'.repeat(20_000),
  alerts: manyAlerts(500, { rule_name: '<&>*'.repeat(5_000), summary: '"&<🔥'.repeat(5_000) }),
});

describe.each(kinds)('what %s shows', (kind) => {
  const text = TEXTS[kind]!;

  it('begins with what it is', () => {
    expect(text(message())).toContain(
      kind === 'discord' ? '\\\\[FIRING\\\\] Device down: core\\\\-1' : '[FIRING] Device down: core-1',
    );
    const over = message({
      kind: 'resolved',
      alerts: [messageAlert({ status: 'resolved', resolved_at: '2026-11-21T12:10:00.000Z', resolution: 'recovered' })],
    });
    expect(text(over)).toContain('RESOLVED');
    expect(text(message({ kind: 'reminder' }))).toContain('STILL FIRING');
    expect(text(message({ kind: 'escalation' }))).toContain('ESCALATED');
  });

  it('says since when, of what is over how long it lasted and why in words', () => {
    const plain = (of: Message) => text(of).replaceAll('\\\\', '');
    expect(plain(message())).toContain('No answer for 60 s · since 2026-11-21 12:02 UTC');
    const over = (changes: Partial<MessageAlert>) =>
      plain(
        message({
          kind: 'resolved',
          alerts: [messageAlert({ status: 'resolved', resolved_at: '2026-11-21T12:10:05.000Z', ...changes })],
        }),
      );
    const recovered = over({ resolution: 'recovered' });
    expect(recovered).toContain('over after 8 min 5 s · 2026-11-21 12:02 to 12:10 UTC');
    expect(recovered).not.toMatch(/No answer|recovered/);
    expect(over({ resolution: 'rule_disabled' })).toContain('over after 8 min 5 s: the rule was switched off ·');
    expect(over({ resolution: 'target_gone' })).toContain(': the device is gone ·');
    expect(over({ resolution: 'manual', resolved_by: 'anna' })).toContain(': resolved by hand (anna) ·');
    expect(over({ resolution: 'manual', resolved_at: '2026-11-23T00:00:00.000Z' })).toContain(
      'over after 1 d 11 h: resolved by hand · 2026-11-21 12:02 to 2026-11-23 00:00 UTC',
    );
  });

  it('links to what is to be done', () => {
    const of = (runbook_url: string) => text(message({ alerts: [messageAlert({ runbook_url })] }));
    expect(of('https://wiki.example.org/down(1)|x')).toMatch(
      /Runbook[\s\S]*https:\/\/wiki\.example\.org\/down|https:\/\/wiki\.example\.org\/down[\s\S]*Runbook/,
    );
    expect(text(message())).not.toContain('Runbook');
  });

  it('lists the first 20, the worst first, and how many more', () => {
    const alerts = manyAlerts(32, { severity: 'low' }).map((alert, n) =>
      n === 31 ? { ...alert, severity: 'critical' as const } : alert,
    );
    const shown = text(message({ alerts }));
    const dash = kind === 'discord' ? '\\\\-' : '-';
    expect(shown).toContain('and 12 more');
    expect(shown).toContain(`device${dash}31`);
    expect(shown.indexOf(`device${dash}31`)).toBeLessThan(shown.indexOf(`device${dash}0 `));
    expect(shown).toContain(`device${dash}18 `);
    expect(shown).not.toContain(`device${dash}19 `);
  });

  it('links to the product when it knows where that is', () => {
    expect(text(message())).toContain('https://swarmward.example.org/alerts');
    expect(text(message({ external_url: null }))).not.toContain('http://swarm');
    expect(text(message({ external_url: 'javascript:alert(1)' }))).not.toContain('javascript');
  });

  it('says that a test is one, without an alert', () => {
    expect(text(message({ kind: 'test', alerts: [], title: 'Test' }))).toContain('This is a test.');
  });

  it('holds no control characters, and stays text whatever it is made of', () => {
    const shown = text(nasty);
    for (const character of ['\\u0000', '\\u0007', '\u0000', '\u0007']) expect(shown).not.toContain(character);
    expect(shown).toContain('🔥');
    expect(text(huge).isWellFormed()).toBe(true);
  });
});

describe('limits', () => {
  it('of Slack', () => {
    const { text, attachments } = slackPayload(huge) as {
      text: string;
      attachments: { blocks: { text: { text: string } }[] }[];
    };
    expect(text.length).toBeLessThan(4_000);
    for (const block of attachments[0]!.blocks) expect(block.text.text.length).toBeLessThanOrEqual(3_000);
    expect(JSON.stringify(slackPayload(nasty))).not.toMatch(/<!|<script/);
  });

  it('of Discord', () => {
    const {
      content,
      embeds,
      allowed_mentions: mentions,
    } = discordPayload(huge) as {
      content: string;
      embeds: { title: string; description: string }[];
      allowed_mentions: object;
    };
    expect(content.length).toBeLessThanOrEqual(2_000);
    expect(embeds[0]!.title.length).toBeLessThanOrEqual(256);
    expect(embeds[0]!.description.length).toBeLessThanOrEqual(4_096);
    expect(mentions).toEqual({ parse: [] });
    expect(JSON.stringify(discordPayload(nasty))).not.toMatch(/[^\\]@everyone/);
  });

  it('of Telegram', () => {
    const { text } = telegramPayload(huge, chat) as { text: string };
    expect(text.length).toBeLessThanOrEqual(4_096);
    // Nothing is cut within a mark.
    expect(text.match(/<b>/g)?.length).toBe(text.match(/<\/b>/g)?.length);
    expect((telegramPayload(nasty, chat) as { text: string }).text).toContain('&lt;/b&gt;&lt;script&gt;');
    expect(telegramPayload(message(), { chat_id: '@ops', thread_id: 7 })).toMatchObject({
      chat_id: '@ops',
      message_thread_id: 7,
      parse_mode: 'HTML',
    });
  });

  it('of Teams', () => {
    const emojis = message({
      title: '🔥'.repeat(5_000),
      alerts: manyAlerts(500, { rule_name: '🔥'.repeat(500), summary: '\\"'.repeat(500) }),
    });
    for (const each of [huge, emojis])
      expect(Buffer.byteLength(JSON.stringify(teamsPayload(each)))).toBeLessThanOrEqual(28 * 1_024);
    expect(teamsPayload(message())).toMatchObject({
      type: 'message',
      attachments: [
        { contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content: { type: 'AdaptiveCard' } },
      ],
    });
  });

  it('of PagerDuty', () => {
    for (const { key, body } of pagerdutyEvents(huge, KEY)) {
      expect(key.length).toBeLessThanOrEqual(255);
      expect((body as { payload: { summary: string } }).payload.summary.length).toBeLessThanOrEqual(1_024);
    }
  });
});

it('an address of a runbook ends where it ends', () => {
  const of = (kind: string, runbook_url: string) => TEXTS[kind]!(message({ alerts: [messageAlert({ runbook_url })] }));
  expect(of('slack', 'https://wiki.example.org/a|b')).toContain('<https://wiki.example.org/a%7Cb|Runbook>');
  expect(of('discord', 'https://wiki.example.org/(a)')).toContain('[Runbook](https://wiki.example.org/%28a%29)');
});

describe('pagerdutyEvents', () => {
  it('opens and closes each alert under one key', () => {
    const [opened] = pagerdutyEvents(message(), KEY);
    const over = message({ id: 'another', kind: 'resolved', alerts: [messageAlert({ status: 'resolved' })] });
    const [closed] = pagerdutyEvents(over, KEY);
    expect(opened!.body).toMatchObject({
      routing_key: KEY,
      event_action: 'trigger',
      payload: {
        summary: 'Device down: core-1 – No answer for 60 s',
        source: 'core-1',
        severity: 'critical',
        timestamp: '2026-11-21T12:03:00.000Z',
      },
      client: 'Swarmward',
    });
    expect(closed!.body).toEqual({ routing_key: KEY, event_action: 'resolve', dedup_key: opened!.key });
  });

  it.each([
    ['critical', 'critical'],
    ['high', 'error'],
    ['medium', 'warning'],
    ['low', 'info'],
    ['info', 'info'],
  ] as const)('says %s as %s', (severity, theirs) =>
    expect(pagerdutyEvents(message({ alerts: [messageAlert({ severity })] }), KEY)[0]!.body).toMatchObject({
      payload: { severity: theirs },
    }),
  );

  it('closes a test at once', () => {
    const events = pagerdutyEvents(message({ kind: 'test', alerts: [] }), KEY).map(({ body }) => body);
    expect(events).toMatchObject([{ event_action: 'trigger' }, { event_action: 'resolve' }]);
    expect(new Set(events.map((each) => (each as { dedup_key: string }).dedup_key)).size).toBe(1);
  });
});

describe('webhookPayload', () => {
  it('is the message, and whether it is over', () => {
    expect(webhookPayload(message())).toEqual({ version: 1, status: 'firing', ...message() });
    expect(webhookPayload(message({ kind: 'resolved' }))).toMatchObject({ status: 'resolved', kind: 'resolved' });
    expect(webhookPayload(message({ kind: 'reminder' }))).toMatchObject({ status: 'firing' });
    expect(webhookPayload(message({ kind: 'test', alerts: [] }))).toMatchObject({ status: 'test' });
  });

  it('is signed together with the time', () => {
    const expected = createHmac('sha256', 'key').update('1700000000.{"ä":1}').digest('hex');
    expect(signature('key', '{"ä":1}', 1_700_000_000)).toBe(`t=1700000000,v1=${expected}`);
  });
});

describe('alertmanagerPayload', () => {
  it('is what Alertmanager sends', () => {
    const two = message({
      alerts: [
        messageAlert(),
        messageAlert({
          target_name: 'core-2',
          fingerprint: 'f2',
          labels: { team: 'network', 'rack-no': '3', '': 'x' },
        }),
      ],
    });
    expect(alertmanagerPayload(two, 'ops')).toEqual({
      version: '4',
      groupKey: 'site=Berlin',
      truncatedAlerts: 0,
      status: 'firing',
      receiver: 'ops',
      groupLabels: { site: 'Berlin' },
      commonLabels: {
        alertname: 'Device down',
        severity: 'critical',
        target_kind: 'device',
        site: 'Berlin',
        team: 'network',
      },
      commonAnnotations: { summary: 'No answer for 60 s', value: '61' },
      externalURL: 'https://swarmward.example.org/alerts',
      alerts: [
        {
          status: 'firing',
          labels: {
            team: 'network',
            alertname: 'Device down',
            severity: 'critical',
            instance: 'core-1',
            target_kind: 'device',
            site: 'Berlin',
          },
          annotations: { summary: 'No answer for 60 s', value: '61' },
          startsAt: '2026-11-21T12:03:00.000Z',
          endsAt: '0001-01-01T00:00:00Z',
          generatorURL: 'https://swarmward.example.org/alerts',
          fingerprint: 'f1c3a7',
        },
        expect.objectContaining({
          fingerprint: 'f2',
          labels: expect.objectContaining({ instance: 'core-2', rack_no: '3', _: 'x' }),
        }),
      ],
    });
  });

  it('ends what is over and has an alert also in a test', () => {
    const over = message({
      kind: 'resolved',
      alerts: [messageAlert({ status: 'resolved', resolved_at: '2026-11-21T12:10:00.000Z' })],
    });
    expect(alertmanagerPayload(over, 'ops')).toMatchObject({
      status: 'resolved',
      alerts: [{ status: 'resolved', endsAt: '2026-11-21T12:10:00.000Z' }],
    });
    expect(alertmanagerPayload(message({ kind: 'test', alerts: [] }), 'ops')).toMatchObject({
      alerts: [{ labels: { alertname: 'SwarmwardTest' } }],
    });
  });
});

describe('emailMessage', () => {
  it('has one identifier for all attempts, and one thread for opening and resolve', () => {
    const opened = emailMessage(message(), from);
    const over = emailMessage(
      message({ id: 'another', kind: 'resolved', alerts: [messageAlert({ status: 'resolved' })] }),
      from,
    );
    expect(opened.messageId).toBe('<0f8e2c5e-0c43-4e0b-8a3f-3f2f8c1b7a10@example.org>');
    expect(emailMessage(message(), from).messageId).toBe(opened.messageId);
    expect(over.messageId).not.toBe(opened.messageId);
    expect(over.references).toEqual(opened.references);
    expect(over.inReplyTo).toBe(opened.inReplyTo);
  });

  it('has a subject of one line and HTML that holds no foreign marks', () => {
    const { subject, html } = emailMessage(nasty, from);
    expect(subject).not.toMatch(/[\r\n\0]/);
    expect(html).not.toMatch(/<script|<\/b><script/);
  });
});
