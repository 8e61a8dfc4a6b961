/**
 * Keeps one copy of strings that come again and again. The ids of services and nodes, states and messages repeat in
 * 100,000 tasks, and `JSON.parse` makes a new string each time.
 */
export class StringPool {
  private readonly strings = new Map<string, string>();

  /** @param capacity distinct strings to remember; beyond it strings pass through, so that odd input stays harmless */
  constructor(private readonly capacity = 20_000) {}

  share(value: string): string {
    const known = this.strings.get(value);
    if (known !== undefined) return known;
    if (this.strings.size < this.capacity) this.strings.set(value, value);
    return value;
  }
}
