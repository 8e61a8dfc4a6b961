const SECRET_KEY =
  /pass(?:word|wd|phrase)?$|secret|token|credential|api_?key|private_?key|authorization|community|cookie/i;
/** Keys that look like secrets and are not. */
const HARMLESS_KEY = /_(?:id|name|at|count)$|^token_type$/i;
const MASK = '***';

/** A copy in which every value under a key that names a secret is masked, at any depth. */
export function maskSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maskSecrets);
  if (value instanceof Date) return value.toISOString();
  if (Buffer.isBuffer(value)) return MASK;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const secret = SECRET_KEY.test(key) && !HARMLESS_KEY.test(key) && inner !== null && inner !== undefined;
      return [key, secret ? MASK : maskSecrets(inner)];
    }),
  );
}
