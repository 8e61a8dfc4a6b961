import type { AlertFacts } from '../../alerts/outbox/alert-facts.js';
import type { MatchesDevice, Route } from './route.js';

/** A channel as far as choosing needs it. */
export interface KnownChannel {
  id: string;
  name: string;
  kind: string;
  enabled: boolean;
  isDefault: boolean;
}

/** Who is told of an alert, and the route that says when. */
export interface Choice {
  /** Enabled ones, none twice. */
  channels: KnownChannel[];
  route: Route | null;
}

/** What choosing goes by. */
export interface Routing {
  /** Enabled ones, in their order. */
  routes: readonly Route[];
  channels: ReadonlyMap<string, KnownChannel>;
  matchesDevice: MatchesDevice;
}

/**
 * The channels of the rule if it names any; else those of the matching routes, the first only unless it continues; else the default
 * ones. Channels that were deleted do not count as named. The first matching route says when, also when the rule names channels.
 */
export function pickChannels(alert: AlertFacts, routing: Routing): Choice {
  const matching = matchingRoutes(alert, routing);
  const route = matching[0] ?? null;
  const known = (ids: readonly string[]): KnownChannel[] => ids.flatMap((id) => routing.channels.get(id) ?? []);
  const named = [known(alert.channelIds), known(matching.flatMap(({ channelIds }) => channelIds))];
  const chosen = named.find((channels) => channels.length > 0) ?? defaults(routing);
  return { channels: [...new Set(chosen)].filter(({ enabled }) => enabled), route };
}

/** Those that are told when nobody has acknowledged it for long enough. */
export function escalationChannels({ route }: Choice, { channels }: Routing): KnownChannel[] {
  const known = (route?.escalateChannelIds ?? []).flatMap((id) => channels.get(id) ?? []);
  return [...new Set(known)].filter(({ enabled }) => enabled);
}

function defaults({ channels }: Routing): KnownChannel[] {
  return [...channels.values()].filter(({ isDefault }) => isDefault);
}

function matchingRoutes(alert: AlertFacts, { routes, matchesDevice }: Routing): Route[] {
  const found: Route[] = [];
  for (const route of routes) {
    if (!matches(alert, route, matchesDevice)) continue;
    found.push(route);
    if (!route.continues) break;
  }
  return found;
}

function matches(alert: AlertFacts, route: Route, matchesDevice: MatchesDevice): boolean {
  const { severities, target_kinds: kinds, rules, labels } = route.matchers;
  if (severities && !severities.includes(alert.severity)) return false;
  if (kinds && !kinds.includes(alert.targetKind)) return false;
  if (rules && !rules.some((rule) => rule === alert.ruleName || rule.toLowerCase() === alert.ruleId)) return false;
  if (labels && Object.entries(labels).some(([name, value]) => alert.labels[name] !== value)) return false;
  if (!isAboutDevices(route)) return true;
  return alert.deviceId !== null && matchesDevice(route, alert.deviceId);
}

/** Whether only devices can match. */
export function isAboutDevices({ matchers: { sites, groups, tags } }: Pick<Route, 'matchers'>): boolean {
  return (sites ?? groups ?? tags) !== undefined;
}
