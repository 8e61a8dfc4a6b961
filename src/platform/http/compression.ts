import zlib from 'node:zlib';
import type { Encoding } from './accept-encoding.js';

/** Smaller bodies are sent as they are: one packet either way. */
export const COMPRESSION_THRESHOLD_BYTES = 1024;

/** Compresses in zlib's threads, fast rather than small: it may happen for every response. */
export function compress(
  body: Buffer,
  encoding: Exclude<Encoding, 'identity'>,
  done: (error: Error | null, compressed: Buffer) => void,
): void {
  if (encoding === 'gzip') {
    zlib.gzip(body, { level: 3 }, done);
    return;
  }
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_MODE, BROTLI_PARAM_SIZE_HINT, BROTLI_MODE_TEXT } = zlib.constants;
  const params = {
    [BROTLI_PARAM_QUALITY]: 3,
    [BROTLI_PARAM_MODE]: BROTLI_MODE_TEXT,
    [BROTLI_PARAM_SIZE_HINT]: body.length,
  };
  zlib.brotliCompress(body, { params }, done);
}
