/** A row as PostgreSQL's driver gives it: the wire's form but for its times. */
export type DatedRow<T> = Omit<T, 'created_at' | 'updated_at'> & { created_at: Date; updated_at: Date };

/** The wire's form of a row, without what lists add to it. */
export function presentTimes<T extends { created_at: string; updated_at: string }>(
  row: DatedRow<T> & { _at?: string; _id?: string },
): T {
  const { _at, _id, created_at, updated_at, ...rest } = row;
  return { ...rest, created_at: created_at.toISOString(), updated_at: updated_at.toISOString() } as unknown as T;
}
