/** The bytes are not one JSON array. The message says where, and quotes nothing: the bytes may hold secrets. */
export class JsonArrayError extends Error {
  override readonly name = 'JsonArrayError';
  /** @param endsEarly what came was a good beginning, but the array was never closed */
  constructor(
    message: string,
    readonly endsEarly = false,
  ) {
    super(message);
  }
}

export interface SplitterOptions {
  /** Elements are parsed as soon as this many bytes of them have come together. */
  batchBytes?: number;
  /** A single element may be this long. */
  maxElementBytes?: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Parses one top-level JSON array that arrives in chunks cut anywhere, in batches of whole elements, so that an answer of
 * 200 MB never lies in memory as a whole.
 *
 * It only looks for the commas between the top-level elements; `JSON.parse` does the rest (and all the checking) on a batch
 * at a time, which is faster than a parser in JavaScript. Bytes of a multi-byte character can never be mistaken for one
 * of the characters looked for, because UTF-8 sets their highest bit.
 *
 * @example
 * const splitter = new JsonArraySplitter((elements) => tasks.push(...elements));
 * for await (const chunk of body) splitter.push(chunk);
 * splitter.end();
 */
export class JsonArraySplitter {
  private readonly batchBytes: number;
  private readonly maxElementBytes: number;
  /**
   * While inside the array, byte 0 is the `[` or `,` before the first element kept: overwritten with `[`, and the comma
   * after the last whole element with `]`, the buffer is itself the JSON of the batch and needs no copy.
   */
  private buffer: Buffer;
  private length = 0;
  private scanned = 0;
  /** Position of the last comma between top-level elements, 0 for none. */
  private boundary = 0;
  private depth = 0;
  private inString = false;
  private state: 'before' | 'inside' | 'after' = 'before';
  private first = true;

  /** @param onBatch gets elements in their order; what it throws, `push` and `end` throw */
  constructor(
    private readonly onBatch: (elements: unknown[]) => void,
    { batchBytes = 64 * 1024, maxElementBytes = 16 * 1024 * 1024 }: SplitterOptions = {},
  ) {
    this.batchBytes = batchBytes;
    this.maxElementBytes = maxElementBytes;
    this.buffer = Buffer.allocUnsafeSlow(Math.max(1024, batchBytes * 2));
  }

  /** @throws JsonArrayError as soon as it is clear that this is no JSON array */
  push(chunk: Uint8Array): void {
    let from = 0;
    while (from < chunk.length && this.state === 'before') from = this.start(chunk, from);
    if (this.state === 'after') return this.expectNothing(chunk, from);
    if (from === chunk.length) return;
    this.append(chunk, from);
    const end = this.scan();
    if (end >= 0) {
      const rest = this.buffer.subarray(end + 1, this.length);
      this.parse(end, true);
      this.state = 'after';
      this.expectNothing(rest, 0);
      this.length = 0;
    } else if (this.boundary > 0 && this.length >= this.batchBytes) {
      this.parse(this.boundary, false);
      this.keepFrom(this.boundary);
    } else if (this.length > this.maxElementBytes) {
      throw new JsonArrayError(`one element is longer than ${this.maxElementBytes} bytes`);
    }
  }

  /** @throws JsonArrayError when the array was not closed */
  end(): void {
    if (this.state === 'before') throw new JsonArrayError('it is empty');
    if (this.state === 'inside') throw new JsonArrayError('it ends too early', true);
  }

  private start(chunk: Uint8Array, from: number): number {
    const byte = chunk[from]!;
    if (isSpace(byte)) return from + 1;
    if (byte !== OPEN_ARRAY) throw new JsonArrayError('it does not begin with [');
    this.state = 'inside';
    this.buffer[0] = OPEN_ARRAY;
    this.length = 1;
    this.scanned = 1;
    return from + 1;
  }

  private append(chunk: Uint8Array, from: number): void {
    const needed = this.length + chunk.length - from;
    if (needed > this.buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2));
      this.buffer.copy(larger, 0, 0, this.length);
      this.buffer = larger;
    }
    this.buffer.set(from === 0 ? chunk : chunk.subarray(from), this.length);
    this.length = needed;
  }

  /** Walks over the new bytes. Returns the position of the bracket that closes the array, or -1. */
  private scan(): number {
    const bytes = this.buffer;
    const end = this.length;
    let { scanned: at, depth, inString, boundary } = this;
    let closed = -1;
    scan: while (at < end) {
      if (inString) {
        const byte = bytes[at++];
        // Skips the escaped byte too, which may be in the next chunk: `at` is then one past the end.
        if (byte === BACKSLASH) at++;
        else if (byte === QUOTE) inString = false;
        continue;
      }
      switch (bytes[at++]) {
        case QUOTE:
          inString = true;
          break;
        case OPEN_OBJECT:
        case OPEN_ARRAY:
          depth++;
          break;
        case CLOSE_OBJECT:
        case CLOSE_ARRAY:
          if (--depth < 0) {
            closed = at - 1;
            break scan;
          }
          break;
        case COMMA:
          if (depth === 0) boundary = at - 1;
          break;
      }
    }
    this.scanned = at;
    this.depth = depth;
    this.inString = inString;
    this.boundary = boundary;
    if (closed >= 0 && bytes[closed] !== CLOSE_ARRAY) throw new JsonArrayError('a bracket does not match');
    return closed;
  }

  private parse(until: number, last: boolean): void {
    this.buffer[0] = OPEN_ARRAY;
    this.buffer[until] = CLOSE_ARRAY;
    let elements: unknown[];
    try {
      elements = JSON.parse(this.buffer.toString('utf8', 0, until + 1)) as unknown[];
    } catch {
      // V8's message quotes the text around the mistake, which may hold secrets.
      throw new JsonArrayError('it is not well-formed');
    }
    if (elements.length === 0 && !(last && this.first)) throw new JsonArrayError('a comma has no element beside it');
    this.first = false;
    if (elements.length > 0) this.onBatch(elements);
  }

  private keepFrom(position: number): void {
    this.buffer.copyWithin(0, position, this.length);
    this.length -= position;
    this.scanned -= position;
    this.boundary = 0;
  }

  private expectNothing(bytes: Uint8Array, from: number): void {
    for (let at = from; at < bytes.length; at++) {
      if (!isSpace(bytes[at]!)) throw new JsonArrayError('something follows the array');
    }
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
