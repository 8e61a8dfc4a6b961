import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { Injectable } from '@nestjs/common';
import { type KnownAddress, answerOf, remembered } from './known-address.js';

/**
 * `getaddrinfo` is what `ping` asks as well: /etc/hosts, search domains, mDNS. It occupies one of libuv's four threads, for many
 * seconds when the name server is dead, and files and TLS need some too.
 */
const AT_ONCE = 2;
/** How long anybody waits for a name. The question itself goes on, for the next one. */
const LIMIT_MS = 2_000;
const MAX_NAMES = 50_000;

interface Question {
  name: string;
  askedAt: number;
  answered(): void;
}

/** Names to numbers, for drivers. Remembers answers, and while the name server is away the last one it had. */
@Injectable()
export class AddressResolver {
  private readonly known = new Map<string, KnownAddress>();
  private readonly underWay = new Map<string, Promise<void>>();
  private readonly waiting: Question[] = [];
  private asking = 0;
  /** The last question got no answer at all: what waits too long is not asked any more. */
  private silent = false;

  /**
   * An address as a number; numbers pass through. IPv4 before IPv6.
   * @returns null when the name does not resolve within 2 s and was not known in the last hour
   */
  async resolve(name: string): Promise<string | null> {
    if (isIP(name) !== 0) return name;
    const now = performance.now();
    const known = this.known.get(name);
    if (known && remembered(known, now)) return answerOf(known, now);
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.remember(name, null);
        resolve();
      }, LIMIT_MS).unref();
    });
    await Promise.race([this.ask(name), limit]);
    clearTimeout(timer);
    const answer = this.known.get(name);
    return answer ? answerOf(answer, performance.now()) : null;
  }

  /** Many at once; those that have no answer when `signal` is aborted are left out. */
  async resolveAll(names: readonly string[], signal: AbortSignal): Promise<Map<string, string | null>> {
    const answers = new Map<string, string | null>();
    if (names.length === 0 || signal.aborted) return answers;
    let abort: (() => void) | undefined;
    const aborted = new Promise<void>((resolve) => {
      abort = resolve;
      signal.addEventListener('abort', abort, { once: true });
    });
    const all = [...new Set(names)].map(async (name) => void answers.set(name, await this.resolve(name)));
    await Promise.race([Promise.all(all), aborted]);
    if (abort) signal.removeEventListener('abort', abort);
    return new Map(answers);
  }

  /** Asks the system. */
  protected async lookUp(name: string): Promise<string | null> {
    const found = await lookup(name, { all: true, order: 'ipv4first' });
    return found[0]?.address ?? null;
  }

  /** One question a name, whoever waits for it. */
  private ask(name: string): Promise<void> {
    const running = this.underWay.get(name);
    if (running) return running;
    const asked = new Promise<void>((answered) => {
      this.waiting.push({ name, askedAt: performance.now(), answered });
    }).finally(() => this.underWay.delete(name));
    this.underWay.set(name, asked);
    this.next();
    return asked;
  }

  private next(): void {
    while (this.asking < AT_ONCE) {
      const question = this.waiting.shift();
      if (!question) return;
      this.asking += 1;
      void this.answer(question).finally(() => {
        this.asking -= 1;
        question.answered();
        this.next();
      });
    }
  }

  private async answer({ name, askedAt }: Question): Promise<void> {
    if (this.silent && performance.now() - askedAt > LIMIT_MS) return;
    if (!isHostname(name)) return this.remember(name, null);
    try {
      this.remember(name, await this.lookUp(name));
      this.silent = false;
    } catch (error) {
      this.silent = (error as NodeJS.ErrnoException).code === 'EAI_AGAIN';
      this.remember(name, null);
    }
  }

  private remember(name: string, address: string | null): void {
    const before = this.known.get(name);
    this.known.delete(name);
    const now = performance.now();
    this.known.set(name, {
      address: address ?? before?.address ?? null,
      at: address ? now : (before?.at ?? now),
      triedAt: now,
    });
    if (this.known.size > MAX_NAMES) this.known.delete(this.known.keys().next().value as string);
  }
}

/** `10.1` and `0x7f.1` are numbers to some resolvers, and never meant. */
function isHostname(name: string): boolean {
  const ascii = domainToASCII(name);
  return ascii !== '' && ascii.length <= 253 && isIP(ascii) === 0;
}
