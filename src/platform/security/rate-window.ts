export const WINDOW_MS = 60_000;

/** A fixed window of a minute that begins with its first hit. `now` is of a clock that never goes back, in ms. */
export class RateWindow {
  private startedAt = -Infinity;
  private used = 0;

  /** Takes `cost` of the limit. @returns 0, or the seconds until the window ends when the limit is used up. */
  hit(now: number, limit: number, cost = 1): number {
    if (now - this.startedAt >= WINDOW_MS) {
      this.startedAt = now;
      this.used = 0;
    }
    if (this.used >= limit) return this.remaining(now);
    this.used += cost;
    return 0;
  }

  /** Seconds until the window ends if the limit is used up, otherwise 0; takes nothing. */
  blocked(now: number, limit: number): number {
    return this.used >= limit && !this.isOver(now) ? this.remaining(now) : 0;
  }

  isOver(now: number): boolean {
    return now - this.startedAt >= WINDOW_MS;
  }

  private remaining(now: number): number {
    return Math.max(1, Math.ceil((this.startedAt + WINDOW_MS - now) / 1000));
  }
}

/** Windows by key, at most `max` of them: what is over goes first, then the oldest. */
export class RateWindows {
  private readonly windows = new Map<string, RateWindow>();

  constructor(private readonly max = 10_000) {}

  of(key: string, now: number): RateWindow {
    let window = this.windows.get(key);
    if (!window) {
      if (this.windows.size >= this.max) this.makeRoom(now);
      this.windows.set(key, (window = new RateWindow()));
    }
    return window;
  }

  /** Looks without making one. */
  peek(key: string): RateWindow | undefined {
    return this.windows.get(key);
  }

  private makeRoom(now: number): void {
    for (const [key, window] of this.windows) if (window.isOver(now)) this.windows.delete(key);
    for (const key of this.windows.keys()) {
      if (this.windows.size < this.max) break;
      this.windows.delete(key);
    }
  }
}

/** What limits count as one client: an IPv4 address, or the /64 that one IPv6 host has for itself. */
export function clientKey(address: string): string {
  if (!address.includes(':')) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped) return mapped[1]!;
  const [head = '', tail] = address.split('%', 1)[0]!.split('::');
  const groups = head ? head.split(':') : [];
  if (tail !== undefined) {
    const after = tail ? tail.split(':') : [];
    groups.push(...Array<string>(Math.max(0, 8 - groups.length - after.length)).fill('0'), ...after);
  }
  return `${groups.slice(0, 4).join(':')}::/64`;
}
