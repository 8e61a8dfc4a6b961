import type { InvalidValue } from '../../platform/http/problem.js';
import type { Route } from './route.js';

/** What is wrong with a route as a whole. */
export function routeFaults(
  {
    quietHours: quiet,
    escalateAfterMinutes,
    escalateChannelIds,
  }: Pick<Route, 'quietHours' | 'escalateAfterMinutes' | 'escalateChannelIds'>,
  isTimeZone: (name: string) => boolean,
): InvalidValue[] {
  const faults: InvalidValue[] = [];
  if (quiet && !isTimeZone(quiet.timezone)) {
    faults.push({ path: 'quiet_hours.timezone', message: 'Must be an IANA time zone such as Europe/Berlin.' });
  }
  if (quiet && quiet.from === quiet.to && new Set(quiet.days ?? []).size % 7 === 0) {
    faults.push({
      path: 'quiet_hours.to',
      message: 'Must differ from `from`: it would be quiet for ever. Disable the route, or make a silence.',
    });
  }
  if (escalateAfterMinutes !== null && escalateChannelIds.length === 0) {
    faults.push({ path: 'escalate_channels', message: 'Must name who is told after `escalate_after_minutes`.' });
  }
  if (escalateAfterMinutes === null && escalateChannelIds.length > 0) {
    faults.push({ path: 'escalate_after_minutes', message: 'Must say when `escalate_channels` are told.' });
  }
  return faults;
}
