import { Readable, pipeline } from 'node:stream';
import zlib from 'node:zlib';
import { Injectable, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { chooseEncoding } from '../../platform/http/accept-encoding.js';
import { ProblemException } from '../../platform/http/problem.js';

const RETRY_AFTER_SECONDS = 5;

/** What streamed answers may take of a process: each holds a connection of the pool that monitoring lives on. */
@Injectable()
export class StreamLimits {
  atOnce = 3;
  /** How long the client may take for one part. */
  stalledMs = 10_000;
  /** How long the whole may take. */
  totalMs = 60_000;
}

/** Answers with text that is made while it is sent. */
@Injectable()
export class StreamedAnswers {
  private readonly log = new Logger('StreamedAnswer');
  private running = 0;

  constructor(private readonly limits: StreamLimits) {}

  /**
   * Compressed on the way if the client likes it; no faster than the client reads, and cut when it reads too slowly. What fails after
   * the first byte cuts the connection, so that no client takes half an answer for a whole one.
   *
   * @param parts its first part is awaited before anything is sent, so that a failure up to there is still an error answer
   * @throws ProblemException `too_many_reports`
   */
  async send(
    request: FastifyRequest,
    reply: FastifyReply,
    contentType: string,
    parts: AsyncIterable<string>,
  ): Promise<void> {
    if (this.running >= this.limits.atOnce) {
      throw new ProblemException('too_many_reports', { headers: { 'Retry-After': String(RETRY_AFTER_SECONDS) } });
    }
    this.running++;
    const text = await this.begin(parts[Symbol.asyncIterator]()).catch((error: unknown) => {
      this.running--;
      throw error;
    });
    reply.headers({ 'content-type': contentType, 'cache-control': 'private, no-cache', vary: 'Accept-Encoding' });
    const encoding = chooseEncoding(request.headers['accept-encoding'] as string | undefined);
    const compressor = encoding === 'identity' ? null : compressorOf(encoding);
    if (!compressor) {
      text.on('error', (error) => this.report(error));
      await reply.send(text);
      return;
    }
    reply.header('content-encoding', encoding);
    const body = pipeline(text, compressor, (error) => void (error && this.report(error)));
    await reply.send(body);
  }

  private async begin(iterator: AsyncIterator<string>): Promise<Readable> {
    const { stalledMs, totalMs } = this.limits;
    const first = await iterator.next();
    const cut = (ms: number): void =>
      void text.destroy(new Error(`the client did not take what it asked for within ${ms} ms`));
    const whole = setTimeout(cut, totalMs, totalMs);
    let stalled: NodeJS.Timeout | undefined;
    async function* timed(): AsyncGenerator<string> {
      for (let part = first; !part.done; part = await iterator.next()) {
        stalled = setTimeout(cut, stalledMs, stalledMs);
        yield part.value;
        clearTimeout(stalled);
      }
    }
    const text = Readable.from(timed());
    // Whatever ended it, also before a byte was read of it: the place is free when the connection is.
    text.once('close', () => {
      clearTimeout(whole);
      clearTimeout(stalled);
      void Promise.resolve(iterator.return?.())
        .catch((error: Error) => this.report(error))
        .finally(() => this.running--);
    });
    return text;
  }

  private report(error: NodeJS.ErrnoException): void {
    // The client left.
    if (error.code === 'ERR_STREAM_PREMATURE_CLOSE') return;
    this.log.warn(`An answer was cut off: ${error.message}`);
  }
}

function compressorOf(encoding: 'gzip' | 'br') {
  if (encoding === 'gzip') return zlib.createGzip({ level: 3 });
  return zlib.createBrotliCompress({ params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 3 } });
}
