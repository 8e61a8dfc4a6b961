/**
 * Compares what a database has with what this version knows.
 * @returns `pending` in the order of `known`; `unknown` were applied by another, newer version
 */
export function pendingMigrations(
  applied: readonly string[],
  known: readonly string[],
): { pending: string[]; unknown: string[] } {
  return {
    pending: known.filter((name) => !applied.includes(name)),
    unknown: applied.filter((name) => !known.includes(name)),
  };
}
