import type { ChannelKind } from '../channel-driver.port.js';
import { smtpPort } from './smtp-port.js';

/** Stands in answers where a secret is, and in requests for the one that is stored. */
export const MASK = '********';

type Config = Record<string, unknown>;

/** The fields of each kind that are sealed. Of the address of a webhook its query is as well: keys are given in it. */
const SECRETS: Record<ChannelKind, readonly string[]> = {
  webhook: ['secret', 'headers'],
  email: ['password'],
  slack: ['url'],
  discord: ['url'],
  telegram: ['bot_token'],
  teams: ['url'],
  pagerduty: ['routing_key'],
};
/** Says where it is sent to, and how safe from others it is on its way. What is not here is a secret as a whole. */
const WAY: Partial<Record<ChannelKind, (config: Config) => unknown[]>> = {
  webhook: ({ url }) => [originOf(url)],
  email: ({ host, verify_tls: verify, ...config }) => [
    String(host).toLowerCase(),
    smtpPort(config as Parameters<typeof smtpPort>[0]),
    config['security'],
    verify,
  ],
  telegram: ({ base_url: base }) => [originOf(base)],
  pagerduty: ({ base_url: base }) => [originOf(base)],
};
/** Signs, and is never sent. */
const NEVER_SENT = ['secret'];

/** Takes a valid configuration apart: what is shown of it, secrets masked, and the secrets. */
export function partConfig(kind: ChannelKind, config: Config): { shown: Config; secrets: Config } {
  const secrets = Object.fromEntries(Object.entries(config).filter(([field]) => SECRETS[kind].includes(field)));
  const masked = Object.fromEntries(Object.entries(secrets).map(([field, value]) => [field, masking(value)]));
  const shown = { ...config, ...masked };
  const query = queryOf(kind, config);
  if (query === undefined) return { shown, secrets };
  const { url } = config as { url: string };
  return { shown: { ...shown, url: withQuery(url, MASK) }, secrets: { ...secrets, url } };
}

/**
 * A configuration as it is after a change: fields that are not given stay, null removes, the mask keeps a secret.
 * @param stored with its secrets
 */
export function changedConfig(kind: ChannelKind, stored: Config, change: Config): Config {
  const merged = { ...stored };
  for (const [field, value] of Object.entries(change)) {
    if (value === null) delete merged[field];
    else merged[field] = SECRETS[kind].includes(field) ? unmasked(value, stored[field]) : value;
  }
  const query = queryOf(kind, stored);
  if (query !== undefined && queryOf(kind, merged) === MASK) merged['url'] = withQuery(merged['url'] as string, query);
  return merged;
}

/**
 * Dotted paths of secrets that are only the mask: there is nothing stored that it could stand for. In the address of a webhook it stands
 * for the whole query or for nothing: with something beside it, it would be taken for a key.
 */
export function maskedPaths(kind: ChannelKind, config: Config): string[] {
  const masked = secretEntries(kind, config).flatMap(([path, text]) =>
    path !== 'url' && text === MASK ? [`config.${path}`] : [],
  );
  const { url } = config;
  const isMasked = typeof url === 'string' && (kind === 'webhook' ? url.includes(MASK) : url === MASK);
  return isMasked ? [...masked, 'config.url'] : masked;
}

/**
 * Dotted paths of secrets that would go to another receiver than the one they were given for, or less safely: they are asked for again,
 * so that nobody gets to read them by having them sent elsewhere or in the clear.
 * @param change what was given: who gives a secret knows it, also when it is the stored one
 */
export function strayingPaths(kind: ChannelKind, stored: Config, changed: Config, change: Config): string[] {
  const way = WAY[kind];
  if (!way || JSON.stringify(way(stored)) === JSON.stringify(way(changed))) return [];
  const given = new Map(secretEntries(kind, change));
  return secretEntries(kind, changed)
    .filter(([path, text]) => !NEVER_SENT.includes(path) && given.get(path) !== text)
    .map(([path]) => `config.${path}`);
}

/** Every text that must not be found in what a receiver says. The address of a webhook often holds a key as well. */
export function secretTexts(kind: ChannelKind, config: Config): string[] {
  const texts = secretEntries(kind, config).map(([, text]) => text);
  if (kind === 'webhook') return [...texts, String(config['url'])];
  // What AUTH PLAIN sends, in base64.
  if (kind === 'email' && texts.length > 0)
    return [...texts, `\0${String(config['user'])}\0${String(config['password'])}`];
  return texts;
}

function secretEntries(kind: ChannelKind, config: Config): [path: string, text: string][] {
  const query = queryOf(kind, config);
  const entries = SECRETS[kind].flatMap((field) => {
    const value = config[field];
    if (typeof value === 'string') return [[field, value] as [string, string]];
    const named = Object.entries((value ?? {}) as Record<string, string>);
    return named.map(([name, text]): [string, string] => [`${field}.${name}`, text]);
  });
  return query === undefined ? entries : [...entries, ['url', query]];
}

/** What follows the `?` of a webhook's address, up to a fragment, which is never sent; undefined when nothing does. */
function queryOf(kind: ChannelKind, { url }: Config): string | undefined {
  return kind === 'webhook' && typeof url === 'string' ? /^[^?#]*\?([^#]+)/.exec(url)?.[1] : undefined;
}

/** Without its fragment. */
function withQuery(url: string, query: string): string {
  return `${url.slice(0, url.indexOf('?'))}?${query}`;
}

function masking(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return MASK;
  return Object.fromEntries(Object.keys(value).map((name) => [name, MASK]));
}

function unmasked(value: unknown, stored: unknown): unknown {
  if (value === MASK) return stored ?? value;
  if (typeof value !== 'object' || value === null) return value;
  const before = (stored ?? {}) as Config;
  return Object.fromEntries(
    Object.entries(value).map(([name, text]) => [name, text === MASK ? (before[name] ?? text) : text]),
  );
}

function originOf(receiver: unknown): string {
  const text = String(receiver);
  return URL.canParse(text) ? new URL(text).origin : text;
}
