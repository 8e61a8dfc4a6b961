const MAX_PARTS = 20;

/**
 * Which HTTP statuses count as good, in its one form: `200`, `200-299`, several with commas.
 * @returns null when it is something else
 */
export function readExpectedStatus(text: string): string | null {
  const parts = text.split(',').map((part) => part.replace(/\s+/g, ''));
  return parts.length <= MAX_PARTS && parts.every(isRange) ? parts.join(',') : null;
}

function isRange(part: string): boolean {
  const [, low, high] = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(part) ?? [];
  return low !== undefined && (high === undefined || Number(low) <= Number(high));
}
