import { notificationRoute as route } from '../../../test/support/notification-route.js';
import type { Route } from './route.js';
import { soundRoutes } from './sound-routes.js';

it('goes by what is sound of each route, and says what is not', () => {
  const quietHours = { timezone: 'Mars/Phobos', from: '22:00', to: '06:00', except: [] };
  const damaged = { sites: 'Berlin' } as unknown as Route['matchers'];
  const routes = [
    route('sound', { matchers: { sites: ['b'], tags: ['core'] } }),
    route('damaged', { matchers: damaged }),
    route('quiet', { quietHours }),
  ];
  const { sound, faults } = soundRoutes(routes, (zone) => zone === 'UTC');
  expect(sound).toEqual([routes[0], { ...routes[2], quietHours: null }]);
  expect(faults.map(({ id }) => id)).toEqual(['damaged', 'quiet']);
});
