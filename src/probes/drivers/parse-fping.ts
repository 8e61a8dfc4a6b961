/** A line is dropped beyond this: fping writes some 6 characters a packet. */
const MAX_LINE = 4_096;
/** Kept of what was heard about one address. */
const MAX_RAW = 3_500;
const TIME = /^\d{1,7}(?:\.\d{1,6})?(?:e[+-]?\d{1,2})?$/i;
const ICMP_ERROR = /^ICMP (.+?) from (\S+) for ICMP Echo sent to (\S+)/;
/** What fping says besides of a target it was asked about; none of it is a result. */
const REMARK = /^(\[\d+\],|duplicate for|error while sending|\[<-)|timed out/;

/** Times in ms, null for a packet without an answer. */
export type PacketTimes = (number | null)[];

/**
 * Reads what `fping -C n` writes, in chunks as they come: `10.0.0.1 : 0.05 - 1.20`, one line a target, between whatever else it
 * says. Holds one line and what was asked for, never the whole output. A last line without its end is no result: its last time may
 * be cut.
 */
export class FpingOutput {
  /** By address as it was asked for. */
  readonly times = new Map<string, PacketTimes>();
  /** What ICMP said of an address, such as `Host Unreachable from 10.0.0.1`. */
  readonly icmpErrors = new Map<string, string>();
  /** Lines that are none of fping's about what was asked for. */
  strangeLines = 0;
  firstStrange: string | null = null;
  bytes = 0;
  private readonly heard = new Map<string, string>();
  private line = '';
  private tooLong = false;

  constructor(
    private readonly asked: ReadonlySet<string>,
    private readonly packets: number,
    private readonly keepRaw = false,
  ) {}

  push(chunk: Buffer): void {
    this.bytes += chunk.length;
    const lines = chunk.toString('latin1').split('\n');
    const rest = lines.pop()!;
    for (const part of lines) this.endLine(part);
    this.extend(rest);
  }

  /** What was heard about an address, word for word. */
  rawOf(address: string): string {
    return this.heard.get(address) ?? '';
  }

  private extend(part: string): void {
    if (this.line.length + part.length > MAX_LINE) this.tooLong = true;
    this.line = this.tooLong ? '' : this.line + part;
  }

  private endLine(part: string): void {
    this.extend(part);
    if (this.tooLong) this.strange('(a line of more than 4,096 characters)');
    else this.read(this.line.trim());
    this.line = '';
    this.tooLong = false;
  }

  private read(line: string): void {
    if (line === '') return;
    const [, what, from, target] = ICMP_ERROR.exec(line) ?? [];
    if (target !== undefined && this.asked.has(target)) {
      if (!this.icmpErrors.has(target)) this.icmpErrors.set(target, printable(`${what} from ${from}`));
      return this.hear(target, line);
    }
    const colon = line.indexOf(' : ');
    const name = line.slice(0, colon).trim();
    if (colon === -1 || !this.asked.has(name)) return this.strange(line);
    this.hear(name, line);
    const said = line.slice(colon + 3).trim();
    const times = readTimes(said, this.packets);
    if (times === null) {
      if (!REMARK.test(said)) this.strange(line);
    } else if (!this.times.has(name)) {
      this.times.set(name, times);
    }
  }

  private strange(line: string): void {
    this.strangeLines += 1;
    this.firstStrange ??= printable(line);
    if (this.asked.size === 1) for (const only of this.asked) this.hear(only, line);
  }

  private hear(address: string, line: string): void {
    if (!this.keepRaw) return;
    const before = this.heard.get(address) ?? '';
    if (before.length < MAX_RAW) this.heard.set(address, `${before}${line}\n`.slice(0, MAX_RAW));
  }
}

/** For people: what a foreign program printed must be harmless in logs and storable. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 120);
}

/** @returns null when the words are not one time or dash for each packet */
function readTimes(words: string, packets: number): PacketTimes | null {
  const parts = words.split(/ +/);
  if (parts.length !== packets || !parts.every((part) => part === '-' || TIME.test(part))) return null;
  return parts.map((part) => (part === '-' ? null : Number(part)));
}
