/** Counters that only grow, such as requests since the start of the process. */
type Totals = Readonly<Record<string, number>>;

/** What counters grew by within a window, from totals that are noted now and then. Bounded by the window over the pause between notes. */
export class TotalsWindow<T extends Totals> {
  private readonly notes: { at: number; totals: T }[] = [];

  /**
   * @param start totals at the beginning
   * @param windowMs how far back growth counts
   */
  constructor(
    start: T,
    at: number,
    private readonly windowMs: number,
  ) {
    this.notes.push({ at, totals: start });
  }

  /**
   * Notes the totals of now.
   * @param at ms of a clock that never goes back
   * @returns what they grew by within the window, or since the beginning when that is shorter ago
   */
  note(totals: T, at: number): T {
    this.notes.push({ at, totals });
    // The newest note that is as old as the window stays: what grew since is within it.
    while (this.notes.length > 1 && this.notes[1]!.at <= at - this.windowMs) this.notes.shift();
    const first = this.notes[0]!.totals;
    return Object.fromEntries(Object.entries(totals).map(([name, total]) => [name, total - first[name]!])) as T;
  }
}
