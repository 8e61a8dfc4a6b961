/** The shape of every answer with one object. */
export interface Envelope<T> {
  data: T;
}

/** The shape of every list. */
export interface Page<T> extends Envelope<T[]> {
  page: {
    limit: number;
    /** Give it as `cursor` to read on; null on the last page. */
    next_cursor: string | null;
    /** How many items the filters match, on all pages. */
    total: number;
  };
}

export function envelope<T>(data: T): Envelope<T> {
  return { data };
}
