export type Encoding = 'br' | 'gzip' | 'identity';

const remembered = new Map<string, Encoding>();
const MAX_REMEMBERED = 100;

/**
 * The encoding to answer in, by RFC 9110 12.5.3. Among equals the smaller one. Without a header: identity. When the
 * client forbids everything we have (`identity;q=0, zstd`) it gets identity all the same, as the RFC allows.
 */
export function chooseEncoding(header: string | undefined): Encoding {
  if (header === undefined) return 'identity';
  const known = remembered.get(header);
  if (known) return known;
  const chosen = negotiate(header);
  // Clients send a handful of different headers; more than that is not worth memory.
  if (remembered.size < MAX_REMEMBERED && header.length < 200) remembered.set(header, chosen);
  return chosen;
}

function negotiate(header: string): Encoding {
  const weights = new Map<string, number>();
  for (const part of header.toLowerCase().split(',')) {
    const [name, ...parameters] = part.split(';').map((piece) => piece.trim());
    const q = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    const weight = q === undefined ? 1 : Number(q);
    if (name) weights.set(name === 'x-gzip' ? 'gzip' : name, weight >= 0 && weight <= 1 ? weight : 0);
  }
  const weightOf = (name: string): number => weights.get(name) ?? weights.get('*') ?? 0;
  const br = weightOf('br');
  const gzip = weightOf('gzip');
  const best = Math.max(br, gzip);
  if (best === 0 || (weights.get('identity') ?? 0) > best) return 'identity';
  return br >= gzip ? 'br' : 'gzip';
}
