import { storableStart } from '../../platform/http/storable-text.js';

const MASK = '********';
/** Shorter ones would be found in any text. */
const SHORTEST = 4;
/** A shorter beginning of a secret gives nothing away, and may be the end of any text. */
const SHORTEST_BEGINNING = 8;

/**
 * A text of a receiver with every secret in it masked, then cut: receivers repeat paths, headers and whole requests in their answers. What
 * is left of a secret at the end, where the text was cut before, is masked as well.
 * @param text uncut, or as much of it as was read
 * @param secrets URLs are also looked for in their parts
 * @param max length of what is kept
 */
export function withoutSecrets(text: string, secrets: readonly string[], max = Infinity): string {
  const forms = [...new Set(secrets.flatMap(formsOf))].sort((a, b) => b.length - a.length);
  const whole = text.replaceAll('\0', '');
  const begun = Math.max(0, ...forms.map((form) => beginningAtEnd(whole, form)));
  const masked = forms
    .filter((form) => form.length >= SHORTEST)
    .reduce((rest, form) => rest.replaceAll(form, MASK), begun > 0 ? whole.slice(0, -begun) + MASK : whole);
  return storableStart(masked, max);
}

/** How much of a secret a text ends with; 0 for too little. */
function beginningAtEnd(text: string, secret: string): number {
  for (let length = Math.min(secret.length, text.length); length >= SHORTEST_BEGINNING; length--) {
    if (text.endsWith(secret.slice(0, length))) return length;
  }
  return 0;
}

function formsOf(secret: string): string[] {
  const base64 = Buffer.from(secret).toString('base64');
  const forms = [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), base64];
  // `Bearer …` is no secret, what follows is.
  const credentials = /^[A-Za-z]+ +(\S+)$/.exec(secret)?.[1];
  if (credentials) forms.push(...formsOf(credentials));
  if (!/^https?:\/\//i.test(secret) || !URL.canParse(secret)) return forms;
  const { pathname, search, searchParams } = new URL(secret);
  const parts = [pathname + search, ...pathname.split('/'), ...searchParams.values()];
  return [...forms, ...parts.filter((part) => part.length >= 8).flatMap((part) => [part, decoded(part)])];
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
