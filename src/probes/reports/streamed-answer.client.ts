import { Readable, pipeline } from 'node:stream';
import zlib from 'node:zlib';
import { Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { chooseEncoding } from '../../platform/http/accept-encoding.js';

const log = new Logger('StreamedAnswer');

/**
 * Answers with text that is made while it is sent, compressed on the way if the client likes it; no faster than the client reads. What
 * fails after the first byte cuts the connection, so that no client takes half an answer for a whole one.
 *
 * @param parts its first part is awaited before anything is sent, so that a failure up to there is still an error answer
 */
export async function sendStreamed(
  request: FastifyRequest,
  reply: FastifyReply,
  contentType: string,
  parts: AsyncIterable<string>,
): Promise<void> {
  const iterator = parts[Symbol.asyncIterator]();
  const first = await iterator.next();
  const text = Readable.from(rest(first, iterator));
  reply.headers({ 'content-type': contentType, 'cache-control': 'private, no-cache', vary: 'Accept-Encoding' });
  const encoding = chooseEncoding(request.headers['accept-encoding'] as string | undefined);
  const compressor = encoding === 'identity' ? null : compressorOf(encoding);
  if (!compressor) {
    text.on('error', report);
    await reply.send(text);
    return;
  }
  reply.header('content-encoding', encoding);
  const body = pipeline(text, compressor, (error) => void (error && report(error)));
  await reply.send(body);
}

async function* rest(first: IteratorResult<string>, iterator: AsyncIterator<string>): AsyncGenerator<string> {
  try {
    for (let part = first; !part.done; part = await iterator.next()) yield part.value;
  } finally {
    await iterator.return?.();
  }
}

function compressorOf(encoding: 'gzip' | 'br') {
  if (encoding === 'gzip') return zlib.createGzip({ level: 3 });
  return zlib.createBrotliCompress({ params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 3 } });
}

function report(error: NodeJS.ErrnoException): void {
  // The client left.
  if (error.code === 'ERR_STREAM_PREMATURE_CLOSE') return;
  log.warn(`An answer was cut off: ${error.message}`);
}
