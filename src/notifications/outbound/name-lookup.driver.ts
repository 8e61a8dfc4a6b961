import { lookup } from 'node:dns/promises';
import { LRUCache } from 'lru-cache';

export interface ResolvedAddress {
  address: string;
  family: number;
}

type Addresses = readonly ResolvedAddress[];

/** Asks for all addresses of a name. @throws Error with a `code` when there are none */
export type NameLookup = (name: string) => Promise<Addresses>;

/** A name occupies one of libuv's four threads, for many seconds when the name server is dead, and files and TLS need some too. */
const AT_ONCE = 2;
const MAX_NAMES = 1_000;
const REMEMBERED_MS = 3_600_000;

/** In milliseconds. */
const TIMES = {
  /** What takes longer is slow. Who waits for it gets what the name meant within the last hour. */
  slow: 2_000,
  /** How long anybody waits for a name: longer than the 5 s after which systems ask their second name server. */
  limit: 7_000,
  /** For so long a slow name that had no answer is not asked again. */
  rest: 5_000,
};

/** Asks as the system does: /etc/hosts, Docker's own names, search domains. Every time anew; once for all who ask meanwhile. */
export function systemLookup(
  ask: NameLookup = (name) => lookup(name, { all: true }),
  times: typeof TIMES = TIMES,
): NameLookup {
  const names = new NamesInTurn(ask, times);
  return (name) => names.lookUp(name);
}

/**
 * A question cannot be called back: however long a name has no answer, it is asked once and has one thread. Names that were slow the last time
 * share one of the two threads; so what hangs holds up the others once at most, and of these only those that nothing is remembered of.
 */
class NamesInTurn {
  private readonly underWay = new Map<string, Promise<Addresses>>();
  private readonly asking = new Set<string>();
  private readonly waiting: { name: string; begin: () => void }[] = [];
  private readonly known = new LRUCache<string, Addresses>({ max: MAX_NAMES, ttl: REMEMBERED_MS });
  /** Until when each is not asked. */
  private readonly slow = new LRUCache<string, number>({ max: MAX_NAMES });

  constructor(
    private readonly ask: NameLookup,
    private readonly times: typeof TIMES,
  ) {}

  async lookUp(name: string): Promise<Addresses> {
    if (performance.now() < (this.slow.get(name) ?? 0)) return this.remembered(name, noAnswer(name));
    const answer = this.underWay.get(name) ?? this.inTurn(name);
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<Addresses>((resolve, reject) => {
      const after = this.known.has(name) ? this.times.slow : this.times.limit;
      timer = setTimeout(() => this.remembered(name, noAnswer(name)).then(resolve, reject), after).unref();
    });
    return Promise.race([answer, limit]).finally(() => clearTimeout(timer));
  }

  private async remembered(name: string, error: unknown): Promise<Addresses> {
    const known = this.known.get(name);
    if (!known) throw error;
    return known;
  }

  private inTurn(name: string): Promise<Addresses> {
    const answer = new Promise<void>((begin) => this.waiting.push({ name, begin }))
      .then(() => this.answerOf(name))
      .finally(() => {
        this.underWay.delete(name);
        this.asking.delete(name);
        this.next();
      });
    this.underWay.set(name, answer);
    this.next();
    return answer;
  }

  /** Takes the place before anybody else is let in. */
  private next(): void {
    while (this.asking.size < AT_ONCE) {
      const isSlowAsked = [...this.asking].some((name) => this.slow.has(name));
      const place = this.waiting.findIndex(({ name }) => !isSlowAsked || !this.slow.has(name));
      const [first] = place < 0 ? [] : this.waiting.splice(place, 1);
      if (!first) return;
      this.asking.add(first.name);
      first.begin();
    }
  }

  private async answerOf(name: string): Promise<Addresses> {
    let isSlow = false;
    const timer = setTimeout(() => {
      isSlow = true;
      this.slow.set(name, 0);
    }, this.times.slow).unref();
    try {
      const addresses = await this.ask(name);
      this.known.set(name, addresses);
      if (!isSlow) this.slow.delete(name);
      return addresses;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOTFOUND') this.known.delete(name);
      if (isSlow) this.slow.set(name, performance.now() + this.times.rest);
      else this.slow.delete(name);
      return await this.remembered(name, error);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** As the system says it when it has waited long enough itself. */
function noAnswer(name: string): Error {
  return Object.assign(new Error(`The name servers did not answer for ${name} in time.`), { code: 'EAI_AGAIN' });
}
