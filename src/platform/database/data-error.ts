/** SQLSTATE classes: 22 is a value that its type cannot hold, 23 one that a constraint refuses. */
const CLASSES = ['22', '23'];

/** Whether a statement failed for what was to be written, so that the same fails again and other rows may not. */
export function isDataError(error: unknown): boolean {
  const { driverError } = error as { driverError?: { code?: unknown } };
  return CLASSES.includes(String(driverError?.code).slice(0, 2));
}
