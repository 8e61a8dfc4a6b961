import ipaddr from 'ipaddr.js';
import { isOneLine } from '../../platform/http/storable-text.js';
import { type OutboundPolicy, refusalOf } from './outbound-guard.js';

/** Names that mean an address everywhere, so that it need not be looked up to be judged. */
const KNOWN_NAMES: Readonly<Record<string, string>> = {
  localhost: '127.0.0.1',
  'metadata.google.internal': '169.254.169.254',
};

/**
 * A host in its one form: numbers in any notation (`2852039166`, `0xA9.0xFE.0251.254`, ideographic dots) become the address they
 * mean, names lower-case ASCII. IPv6 without brackets.
 * @returns null for what is no host
 */
export function canonicalHost(text: string): string | null {
  const host = ipaddr.IPv6.isValid(text) ? `[${text}]` : text;
  // A URL would take these for the end of the host.
  if (host === '' || /[/\\?#@\s]/.test(host)) return null;
  const url = URL.canParse(`http://${host}/`) ? new URL(`http://${host}/`) : null;
  return url && url.port === '' && !/:\d*$/.test(host.replace(/\[.*]/, '')) ? hostOf(url) : null;
}

/** The host of a URL, as it is looked up and connected to. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|]$/g, '');
}

/**
 * What can be said of a host without looking it up.
 * @param host in its canonical form
 */
export function literalRefusal(host: string, policy: OutboundPolicy): string | null {
  const name = host.replace(/\.$/, '');
  const known = name.endsWith('.localhost') ? KNOWN_NAMES['localhost'] : KNOWN_NAMES[name];
  if (known !== undefined) {
    const refusal = refusalOf(known, policy);
    return refusal && `${name} means ${known}: ${refusal}`;
  }
  return ipaddr.isValid(host) ? refusalOf(host, policy) : null;
}

/** What is wrong with a URL whatever its host; null when nothing is. */
export function urlFault(text: string): string | null {
  // The parser leaves line breaks and tabs out, and spaces around.
  if (/\s/.test(text) || !isOneLine(text)) return 'Must not hold spaces, line breaks or control characters.';
  if (!URL.canParse(text)) return 'Must be a URL such as https://example.org/hook.';
  const { protocol, username, password, port } = new URL(text);
  if (protocol !== 'http:' && protocol !== 'https:') return 'Must begin with https:// or http://.';
  if (username !== '' || password !== '') return 'Must not hold a user and password: send them as a header.';
  return port === '0' ? 'Must have a port from 1 to 65535.' : null;
}
