/** Looks for a text in a body that comes in chunks, without keeping more of it than the text is long. */
export class BodyMatch {
  found: boolean;
  private readonly wanted: Buffer;
  private tail: Buffer = Buffer.alloc(0);

  constructor(wanted: string) {
    this.wanted = Buffer.from(wanted);
    this.found = this.wanted.length === 0;
  }

  push(chunk: Buffer): void {
    if (this.found) return;
    const seen = Buffer.concat([this.tail, chunk]);
    this.found = seen.includes(this.wanted);
    this.tail = seen.subarray(Math.max(0, seen.length - this.wanted.length + 1));
  }
}
