/**
 * Orders two of Docker's timestamps without parsing them. Docker writes RFC 3339 in UTC and drops trailing zeros of the
 * nanoseconds, so `…:11.4Z` is before `…:11.45Z` although `Z` sorts after every digit: an end counts as the smallest.
 * @returns negative when `a` is earlier, positive when later, 0 when equal
 */
export function compareTimes(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** Milliseconds since 1970, or null for a time that is none; nanoseconds are cut off. */
export function toMillis(time: string): number | null {
  const millis = Date.parse(time);
  return Number.isNaN(millis) ? null : millis;
}

const Z = 90;

function rank(code: number): number {
  return code === Z ? 0 : code;
}
