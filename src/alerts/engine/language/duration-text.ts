const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
] as const;

/** Seconds of a unit of a duration, by its letter. */
export const SECONDS_OF: ReadonlyMap<string, number> = new Map(UNITS);

/** The shortest exact form of a whole number of seconds: 300 is `5m`, 90 is `90s`. */
export function durationText(seconds: number): string {
  const [letter, size] = UNITS.find(([, unit]) => seconds !== 0 && seconds % unit === 0) ?? (['s', 1] as const);
  return `${seconds / size}${letter}`;
}
