import type { Readable } from 'node:stream';
import { ProblemException } from './problem.js';

/** A body of `text/csv` that is still arriving: nothing of it is held in memory until it is read. */
export class CsvBody {
  constructor(
    private readonly stream: Readable,
    private readonly maxBytes: number,
  ) {}

  /** The bytes as they come. @throws ProblemException `body_too_large` at the first byte too many, whatever Content-Length said */
  async *bytes(): AsyncGenerator<Buffer> {
    let taken = 0;
    for await (const chunk of this.stream as AsyncIterable<Buffer>) {
      taken += chunk.length;
      if (taken > this.maxBytes) throw tooLarge(this.maxBytes);
      yield chunk;
    }
  }

  /** Lets the rest arrive unread. */
  discard(): void {
    this.stream.resume();
  }
}

export function tooLarge(maxBytes: number): ProblemException {
  const detail = `The body must not exceed ${Math.floor(maxBytes / 1024 / 1024)} MiB. Send it in several parts.`;
  return new ProblemException('body_too_large', { detail, headers: { connection: 'close' } });
}
