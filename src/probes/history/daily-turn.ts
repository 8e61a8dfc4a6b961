const formats = new Map<string, Intl.DateTimeFormat>();

/**
 * Whether a day's first tick at or after an hour of local time is the one at `tick`. Where clocks skip the hour, it is the first
 * tick after the gap; where they repeat it, the first time counts.
 * @param tick one of evenly spaced instants, `spacingMs` apart
 */
export function isDailyTurn(tick: Date, hour: number, timeZone: string, spacingMs: number): boolean {
  const [here, before] = [local(tick, timeZone), local(new Date(tick.getTime() - spacingMs), timeZone)];
  return here.hour >= hour && (before.day !== here.day || before.hour < hour);
}

function local(at: Date, timeZone: string): { day: string; hour: number } {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
    });
    formats.set(timeZone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return { day: `${parts['year']}-${parts['month']}-${parts['day']}`, hour: Number(parts['hour']) };
}
