import type { Severity } from '../../alerts/severity.js';
import type { QuietHours } from './quiet-hours.js';

/** Which alerts a route is for: those that meet **all** fields that are given, each with **any** of its values. `{}` is every alert. */
export interface RouteMatchers {
  severities?: Severity[];
  target_kinds?: string[];
  /** Ids of rules; names are taken as well. */
  rules?: string[];
  /** Of the device: sites (those below them count as well) and groups, by id as a rename must not change who is told, and tags. */
  sites?: string[];
  groups?: string[];
  tags?: string[];
  /** Labels of the alert, each with this value. */
  labels?: Record<string, string>;
}

/** Who is told of which alerts, and when. */
export interface Route {
  id: string;
  matchers: RouteMatchers;
  /** Empty: the default channels. */
  channelIds: string[];
  /** The routes after it are asked as well. */
  continues: boolean;
  /** Null: as the setting says. */
  groupWaitSeconds: number | null;
  remindEveryMinutes: number | null;
  escalateAfterMinutes: number | null;
  escalateChannelIds: string[];
  quietHours: QuietHours | null;
}

/** Whether it is about the alert's device. */
export type MatchesDevice = (route: Route, deviceId: string) => boolean;
