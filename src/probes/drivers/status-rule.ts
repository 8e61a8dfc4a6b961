const PART = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/;
const USUAL = '200-399';

/**
 * Which HTTP statuses are good: `200`, `200-299`, `200,301-302`; null is 200-399.
 * @returns null when the rule cannot be read
 */
export function statusRule(rule: string | null): ((status: number) => boolean) | null {
  const parts = (rule ?? USUAL).split(',').map((part) => PART.exec(part.trim()));
  const ranges = parts.map((match) => match && { from: Number(match[1]), to: Number(match[2] ?? match[1]) });
  if (!ranges.every((range) => range !== null && range.from <= range.to)) return null;
  return (status) => ranges.some((range) => range !== null && status >= range.from && status <= range.to);
}
