import { NOT_APPLICABLE, UNKNOWN } from '../../metrics/metric.js';
import { NO_READING, type SwarmReading } from '../../swarm/picture/reading.js';
import { NO_REFRESH_YET, type RefreshRecord } from '../../swarm/picture/refresh-record.js';
import type { SwarmPicture } from '../../swarm/picture/swarm-picture.js';
import { dockerUp } from './docker-up.js';

const now = new Date('2026-11-21T10:00:00Z');
const secondsAgo = (seconds: number): string => new Date(now.getTime() - seconds * 1_000).toISOString();
const picture = (swarmActive = true) => ({ swarmActive }) as SwarmPicture;
const reading = (of: Partial<SwarmReading>, record: Partial<RefreshRecord> = {}): SwarmReading => ({
  ...NO_READING,
  ...of,
  refresh: { ...NO_REFRESH_YET, lastAttemptAt: secondsAgo(5), ...record },
});
const failed = (lastErrorCode: string): Partial<RefreshRecord> => ({ consecutiveFailures: 1, lastErrorCode });

describe('dockerUp', () => {
  it.each<[string, SwarmReading, number]>([
    ['a good refresh', reading({ picture: picture() }), 1],
    ['no answer', reading({ picture: picture() }, failed('docker_timeout')), 0],
    ['no socket any more', reading({ picture: picture() }, failed('docker_not_found')), 0],
    ['failed of the database', reading({ picture: picture() }, failed('refresh_failed')), UNKNOWN],
    ['another engine than before', reading({ picture: picture() }, failed('not_a_manager')), UNKNOWN],
    ['nobody tries any more', reading({ picture: picture() }, { lastAttemptAt: secondsAgo(251) }), UNKNOWN],
    ['the last try is not long ago', reading({ picture: picture() }, { lastAttemptAt: secondsAgo(249) }), 1],
    ['a copy that nobody confirms', reading({ picture: picture(), unconfirmed: true }), UNKNOWN],
    ['no Docker at all', reading({}, failed('docker_not_configured')), NOT_APPLICABLE],
    ['Docker never answered', reading({}, failed('docker_timeout')), NOT_APPLICABLE],
    ['no swarm mode', reading({ picture: picture(false) }), NOT_APPLICABLE],
    ['nothing yet', reading({}, { lastAttemptAt: null }), NOT_APPLICABLE],
  ])('%s', (_, of, expected) => {
    expect(dockerUp(of, now, 120)).toBe(expected);
  });
});
