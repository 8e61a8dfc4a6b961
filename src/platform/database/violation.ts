/** Constraints that a write of ours may run into, by SQLSTATE. */
const CODES = { unique: '23505', foreignKey: '23503' } as const;

/**
 * Whether a write failed because of such a constraint: it is the caller's mistake, not ours.
 * @param constraint its name; any by default
 */
export function isViolation(error: unknown, kind: keyof typeof CODES, constraint?: string): boolean {
  const { driverError } = error as { driverError?: { code?: unknown; constraint?: unknown } };
  return driverError?.code === CODES[kind] && (constraint === undefined || driverError.constraint === constraint);
}
