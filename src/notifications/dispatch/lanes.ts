import { CHANNEL_CONCURRENCY } from './channel-gate.js';

/** Deliveries under way at once in this process; of each channel one is, whatever the others do. */
const CONCURRENCY = 32;

/** Runs what is given to it, so many of a channel at once. A channel that hangs holds up no other. */
export class Lanes<T extends { channelId: string }> {
  private readonly queues = new Map<string, T[]>();
  private readonly running = new Map<string, number>();
  private total = 0;
  private idlers: (() => void)[] = [];

  /** @param run never throws */
  constructor(private readonly run: (item: T) => Promise<void>) {}

  add(items: readonly T[]): void {
    for (const item of items) {
      const queue = this.queues.get(item.channelId);
      if (queue) queue.push(item);
      else this.queues.set(item.channelId, [item]);
    }
    for (const channelId of this.queues.keys()) this.start(channelId);
  }

  /** Takes back what has not begun. */
  drain(): T[] {
    const left = [...this.queues.values()].flat();
    this.queues.clear();
    return left;
  }

  /** Whether more of a channel waits for its turn. */
  isQueued(channelId: string): boolean {
    return (this.queues.get(channelId)?.length ?? 0) > 0;
  }

  /** When nothing is under way any more. */
  async idle(): Promise<void> {
    if (this.total > 0) await new Promise<void>((resolve) => this.idlers.push(resolve));
  }

  private start(channelId: string): void {
    const queue = this.queues.get(channelId);
    if (!queue) return;
    while (queue.length > 0 && this.hasRoom(channelId)) {
      this.running.set(channelId, (this.running.get(channelId) ?? 0) + 1);
      this.total++;
      void this.run(queue.shift()!).then(() => this.ended(channelId));
    }
    if (queue.length === 0) this.queues.delete(channelId);
  }

  private hasRoom(channelId: string): boolean {
    const running = this.running.get(channelId) ?? 0;
    return running === 0 || (running < CHANNEL_CONCURRENCY && this.total < CONCURRENCY);
  }

  private ended(channelId: string): void {
    const left = this.running.get(channelId)! - 1;
    if (left === 0) this.running.delete(channelId);
    else this.running.set(channelId, left);
    this.total--;
    this.start(channelId);
    // Its place may be another's now.
    for (const other of this.queues.keys()) if (this.total < CONCURRENCY) this.start(other);
    if (this.total > 0) return;
    for (const resolve of this.idlers.splice(0)) resolve();
  }
}
