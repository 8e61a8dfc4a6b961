import { readAddress } from './device-address.js';

const MAX_LENGTH = 2_000;

/** An absolute http or https address in its one form, or why it is refused. */
export function readUrl(text: string): { url: string } | { problem: string } {
  const url = URL.parse(text);
  if (!url || !/^https?:\/\//i.test(text)) return { problem: 'Must be an absolute address: http://… or https://….' };
  if (url.username !== '' || url.password !== '') {
    return { problem: 'Must not hold a user name or password: it is stored and shown as it is.' };
  }
  if (url.href.length > MAX_LENGTH) return { problem: `Must have at most ${MAX_LENGTH} characters.` };
  const host = readAddress(hostOf(url));
  return 'problem' in host ? { problem: `Its host: ${host.problem}` } : { url: url.href };
}

/** The address of the device behind a URL that {@link readUrl} took. */
export function urlAddress(text: string): string {
  const host = readAddress(hostOf(new URL(text)));
  return 'address' in host ? host.address : hostOf(new URL(text));
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}
