import type { FastifyReply, FastifyRequest, onSendHookHandler } from 'fastify';
import { chooseEncoding } from './accept-encoding.js';
import { compress, COMPRESSION_THRESHOLD_BYTES } from './compression.js';
import { matchesEtag, weakEtag } from './etag.js';

/** At most this many bodies are compressed at once; the others go out as they are rather than wait for a thread. */
const MAX_COMPRESSING = 16;
let compressing = 0;

/** Gives the answers of one endpoint their caching headers and their encoding. Hot bodies do it themselves. */
export function responseEncoding(tagged: boolean): onSendHookHandler {
  return function encodeResponse(request, reply, payload, done) {
    if (typeof payload !== 'string') return done(null, payload);
    if (tagged && reply.statusCode === 200) {
      const etag = weakEtag(payload);
      reply.headers({ etag, 'cache-control': 'private, no-cache' });
      if (matchesEtag(request.headers['if-none-match'], etag)) {
        reply.code(304).header('vary', 'Accept-Encoding').removeHeader('content-type');
        return done(null, null);
      }
    }
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
    if (payload.length <= COMPRESSION_THRESHOLD_BYTES) return done(null, payload);
    reply.header('vary', 'Accept-Encoding');
    encode(request, reply, payload, done);
  };
}

function encode(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: string,
  done: (error: null, payload: unknown) => void,
): void {
  const encoding = chooseEncoding(request.headers['accept-encoding'] as string | undefined);
  if (encoding === 'identity' || compressing >= MAX_COMPRESSING) return done(null, payload);
  compressing++;
  compress(Buffer.from(payload), encoding, (error, body) => {
    compressing--;
    if (error) return done(null, payload);
    reply.header('content-encoding', encoding);
    done(null, body);
  });
}
