import { z } from 'zod';
import { smallRecord } from '../../../platform/http/small-record.js';
import { isOneLine } from '../../../platform/http/storable-text.js';
import { canonicalHost, urlFault } from '../../outbound/receiver-host.js';
import type { ChannelKind } from '../channel-driver.port.js';

const url = (meaning: string) =>
  z
    .string()
    .max(2_000)
    .superRefine((text, context) => {
      const message = urlFault(text);
      if (message) context.addIssue({ code: 'custom', message });
    })
    .describe(meaning);
const secret = (max: number) => z.string().min(1).max(max);
const address = z.email('Must be an address such as ops@example.org.').max(254);
/** `Swarmward <alerts@example.org>` as well. */
const mailbox = z
  .string()
  .trim()
  .max(320)
  .refine((text) => isOneLine(text) && z.email().safeParse(/^[^<>]*<([^<>\s]+)>$/.exec(text)?.[1] ?? text).success, {
    error: 'Must be an address such as alerts@example.org or Swarmward <alerts@example.org>.',
  });

/** Written by us, or by HTTP itself. */
const OWN_HEADERS =
  /^(host|connection|content-.*|transfer-encoding|expect|upgrade|te|trailer|keep-alive|proxy-.*|idempotency-key|x-swarmward-.*|user-agent)$/i;
const headers = smallRecord(z.string(), z.string().min(1).max(2_000), 20, 'headers')
  .superRefine((map, context) => {
    const names = Object.keys(map);
    const refuse = (message: string, path: string[] = []): void =>
      void context.addIssue({ code: 'custom', message, path });
    if (new Set(names.map((name) => name.toLowerCase())).size < names.length) refuse('Must hold each header once.');
    for (const name of names) {
      if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/.test(name)) refuse('Is no name of a header.', [name]);
      else if (OWN_HEADERS.test(name)) refuse('Is set by Swarmward.', [name]);
      if (!/^[\t\x20-\x7e]+$/.test(map[name]!)) refuse('Must be printable ASCII.', [name]);
    }
  })
  .describe('Sent with every request, such as `{"Authorization": "Bearer …"}`. Their values are secrets.');

export const webhookConfig = z.strictObject({
  url: url('Where to POST to. What follows a `?` is a secret.'),
  secret: secret(512).optional().describe('Key of the signature in `X-Swarmward-Signature`.'),
  format: z
    .enum(['swarmward', 'alertmanager'])
    .default('swarmward')
    .describe('`alertmanager`: the payload of a Prometheus Alertmanager webhook, version 4.'),
  headers: headers.optional(),
});

export const emailConfig = z
  .strictObject({
    host: z
      .string()
      .max(253)
      .refine((text) => canonicalHost(text) !== null, { error: 'Must be a host such as smtp.example.org.' })
      .describe('Of the SMTP server.'),
    port: z.int().min(1).max(65_535).optional().describe('By default 587 for `starttls`, 465 for `tls`, 25 otherwise.'),
    security: z
      .enum(['starttls', 'tls', 'opportunistic', 'none'])
      .default('starttls')
      .describe(
        '`starttls` insists on it, `tls` speaks it from the start, `opportunistic` takes STARTTLS when it is offered, `none` never.',
      ),
    verify_tls: z.boolean().default(true).describe('Whether the certificate must be valid for the host.'),
    user: z.string().min(1).max(320).optional(),
    password: secret(1_000).optional(),
    from: mailbox,
    to: z.array(address).min(1, 'Must name at least one address.').max(50, 'Must name at most 50 addresses.'),
    reply_to: address.optional(),
  })
  .refine(({ user, password }) => (user === undefined) === (password === undefined), {
    path: ['password'],
    error: 'Goes with `user`: give both or neither.',
  });
export type EmailConfig = z.output<typeof emailConfig>;

const hook = (service: string) =>
  z.strictObject({ url: url(`The incoming webhook of ${service}. A secret as a whole.`) });
export const slackConfig = hook('Slack, or of what takes the same such as Mattermost');
export const discordConfig = hook('Discord');
export const teamsConfig = hook('a Teams workflow');

export const telegramConfig = z.strictObject({
  bot_token: z
    .string()
    .regex(/^\d{1,20}:[\w-]{20,100}$/, 'Must be a token of @BotFather such as 123456:ABC….')
    .describe('Of the bot that writes.'),
  chat_id: z
    .union([z.int(), z.string().regex(/^(-?\d{1,20}|@\w{1,64})$/, 'Must be a number or a name such as @channel.')])
    .transform(String)
    .describe('The chat it writes to: a number, or the name of a channel.'),
  thread_id: z.int().min(1).max(2_147_483_647).optional().describe('Topic of a forum.'),
  base_url: url('Of a Bot API server of your own.').default('https://api.telegram.org'),
});
export type TelegramConfig = z.output<typeof telegramConfig>;

export const pagerdutyConfig = z.strictObject({
  routing_key: z
    .string()
    .regex(/^[0-9A-Za-z]{32}$/, 'Must be an integration key of 32 characters.')
    .describe('Integration key of an Events API v2 integration.'),
  base_url: url('https://events.eu.pagerduty.com in the EU.').default('https://events.pagerduty.com'),
});

/** What each kind needs to know. */
export const channelConfigs = {
  webhook: webhookConfig,
  email: emailConfig,
  slack: slackConfig,
  discord: discordConfig,
  telegram: telegramConfig,
  teams: teamsConfig,
  pagerduty: pagerdutyConfig,
} satisfies Record<ChannelKind, z.ZodType>;
