/** Keeps one thing for a while. */
export class Memory<T> {
  private kept: { value: T; until: number } | null = null;
  private generation = 0;

  constructor(private readonly lifeMs: number) {}

  /** Null when there is none, or it is too old. */
  get(): T | null {
    return this.kept && performance.now() < this.kept.until ? this.kept.value : null;
  }

  /** To be called before it is read anew. What was forgotten meanwhile is not kept: it may have been read before the change. */
  begin(): (value: T) => void {
    const { generation } = this;
    const until = performance.now() + this.lifeMs;
    return (value) => {
      if (generation === this.generation) this.kept = { value, until };
    };
  }

  forget(): void {
    this.generation++;
    this.kept = null;
  }
}
