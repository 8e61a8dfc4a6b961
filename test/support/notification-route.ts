import type { Route } from '../../src/notifications/policy/route.js';

/** A route that matches every alert, and what differs. */
export const notificationRoute = (id: string, more: Partial<Route> = {}): Route => ({
  id,
  matchers: {},
  channelIds: [],
  continues: false,
  groupWaitSeconds: null,
  remindEveryMinutes: null,
  escalateAfterMinutes: null,
  escalateChannelIds: [],
  quietHours: null,
  ...more,
});
