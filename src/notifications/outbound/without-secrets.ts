const MASK = '********';
/** Shorter ones would be found in any text. */
const SHORTEST = 4;

/**
 * A text of a receiver with every secret in it masked: receivers repeat paths, headers and whole requests in their answers.
 * @param secrets URLs are also looked for in their parts
 */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return [...new Set(secrets.flatMap(formsOf))]
    .filter((form) => form.length >= SHORTEST)
    .sort((a, b) => b.length - a.length)
    .reduce((masked, form) => masked.replaceAll(form, MASK), text);
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
