import type { Route } from './route.js';
import { routeMatchers } from './routes.dto.js';

/** A route that does not do what it says, and why. */
export interface RouteFault {
  id: string;
  reason: string;
}

/**
 * What can be decided by. One that cannot would hold up every alert: without sound matchers a route is for nobody; without a time zone that
 * this machine knows nobody waits for the end of its quiet hours.
 */
export function soundRoutes(
  routes: readonly Route[],
  isTimeZone: (name: string) => boolean,
): { sound: Route[]; faults: RouteFault[] } {
  const faults: RouteFault[] = [];
  const sound = routes.flatMap((route) => {
    const { id, matchers, quietHours } = route;
    if (!routeMatchers.safeParse(matchers).success) {
      faults.push({ id, reason: 'its matchers are damaged, so it is left out' });
      return [];
    }
    if (quietHours === null || isTimeZone(quietHours.timezone)) return [route];
    faults.push({ id, reason: `the time zone ${quietHours.timezone} is not known here, so it is never quiet` });
    return [{ ...route, quietHours: null }];
  });
  return { sound, faults };
}
