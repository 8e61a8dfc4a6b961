import { notificationRoute as route } from '../../../test/support/notification-route.js';
import { alertFacts } from '../../../test/support/alert-facts.js';
import type { AlertFacts } from '../../alerts/outbox/alert-facts.js';
import { escalationChannels, pickChannels, type Routing } from './pick-channels.js';
import type { Route } from './route.js';

const channel = (id: string, more = {}) => ({
  id,
  name: id,
  kind: 'webhook',
  enabled: true,
  isDefault: false,
  ...more,
});
const CHANNELS = [
  channel('default', { isDefault: true }),
  channel('off', { enabled: false, isDefault: true }),
  channel('x'),
  channel('y'),
];
const routing = (...routes: Route[]): Routing => ({
  routes,
  channels: new Map(CHANNELS.map((each) => [each.id, each])),
  matchesDevice: (each, deviceId) => deviceId === 'd1' && each.matchers.tags?.[0] === 'core',
});
const x = route('to-x', { channelIds: ['x'] });

describe('pickChannels', () => {
  it.each<[string, Partial<AlertFacts>, Route[], string[], string | null]>([
    ['no route: the default channels that are enabled', {}, [], ['default'], null],
    ['a route', {}, [x], ['x'], 'to-x'],
    ['the first route only', {}, [x, route('b', { channelIds: ['y'] })], ['x'], 'to-x'],
    [
      'a route that continues',
      {},
      [{ ...x, continues: true }, route('b', { channelIds: ['y', 'x'] })],
      ['x', 'y'],
      'to-x',
    ],
    ['the channels of the rule, the times of the route', { channelIds: ['y'] }, [x], ['y'], 'to-x'],
    ['the rule’s channels are deleted', { channelIds: ['gone'] }, [x], ['x'], 'to-x'],
    ['the rule’s channel is switched off: nobody', { channelIds: ['off'] }, [x], [], 'to-x'],
    ['the route’s channels are deleted', {}, [route('a', { channelIds: ['gone'] })], ['default'], 'a'],
    ['a route without channels', {}, [route('a')], ['default'], 'a'],
    [
      'another severity',
      {},
      [route('a', { matchers: { severities: ['critical'] }, channelIds: ['x'] })],
      ['default'],
      null,
    ],
    [
      'its severity',
      { severity: 'critical' },
      [route('a', { matchers: { severities: ['critical'] }, channelIds: ['x'] })],
      ['x'],
      'a',
    ],
    ['its rule by name', {}, [route('a', { matchers: { rules: ['Device down'] }, channelIds: ['x'] })], ['x'], 'a'],
    ['its rule by id', {}, [route('a', { matchers: { rules: ['R1'] }, channelIds: ['x'] })], ['x'], 'a'],
    ['another rule', {}, [route('a', { matchers: { rules: ['b'] }, channelIds: ['x'] })], ['default'], null],
    ['its kind of target', {}, [route('a', { matchers: { target_kinds: ['device'] }, channelIds: ['x'] })], ['x'], 'a'],
    ['another kind', {}, [route('a', { matchers: { target_kinds: ['self'] }, channelIds: ['x'] })], ['default'], null],
    ['its label', {}, [route('a', { matchers: { labels: { team: 'net' } }, channelIds: ['x'] })], ['x'], 'a'],
    [
      'another value of a label',
      {},
      [route('a', { matchers: { labels: { team: 'db' } }, channelIds: ['x'] })],
      ['default'],
      null,
    ],
    [
      'a label it has not',
      {},
      [route('a', { matchers: { labels: { constructor: 'x' } }, channelIds: ['x'] })],
      ['default'],
      null,
    ],
    ['its device’s tag', {}, [route('a', { matchers: { tags: ['core'] }, channelIds: ['x'] })], ['x'], 'a'],
    ['another tag', {}, [route('a', { matchers: { tags: ['edge'] }, channelIds: ['x'] })], ['default'], null],
    [
      'no device',
      { deviceId: null },
      [route('a', { matchers: { tags: ['core'] }, channelIds: ['x'] })],
      ['default'],
      null,
    ],
    [
      'all fields must match',
      {},
      [route('a', { matchers: { tags: ['core'], severities: ['low'] }, channelIds: ['x'] })],
      ['default'],
      null,
    ],
  ])('%s', (_name, alert, routes, channels, by) => {
    const choice = pickChannels(alertFacts(alert), routing(...routes));
    expect([choice.channels.map(({ id }) => id), choice.route?.id ?? null]).toEqual([channels, by]);
  });

  it('escalates to those of the first route that are enabled', () => {
    const ground = routing(route('a', { escalateChannelIds: ['y', 'off', 'gone', 'y'] }));
    expect(escalationChannels(pickChannels(alertFacts(), ground), ground).map(({ id }) => id)).toEqual(['y']);
  });
});
