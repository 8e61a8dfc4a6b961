import type { DeliveryOutcome } from '../../src/notifications/channels/channel-driver.port.js';
import { DispatchLab } from './dispatch-lab.js';
import { startTestPostgres, type TestPostgres } from './postgres.js';

/** Hooks of a file: one PostgreSQL for all of its tests, and for each of them the channel `ops` alone. */
export function eachWithOps(begin: (lab: DispatchLab) => void): void {
  let postgres: TestPostgres;
  let lab: DispatchLab;
  beforeAll(async () => {
    postgres = await startTestPostgres();
    // Whatever hangs here does so until its test lets it go.
    lab = new DispatchLab(await postgres.openDataSource(), { SWARMWARD_NOTIFY_TIMEOUT_SECONDS: '30' });
    begin(lab);
  });
  beforeEach(() => lab.channel('ops'));
  afterEach(() => lab.reset());
  afterAll(() => postgres.stop());
}

/** What a receiver answers that fails; it may be asked again. */
export const refused = (more: Partial<Extract<DeliveryOutcome, { outcome: 'refused' }>> = {}): DeliveryOutcome => {
  return {
    outcome: 'refused',
    permanent: false,
    status: 500,
    error: 'It answered 500.',
    response: 'oops',
    retryAfterSeconds: null,
    ...more,
  };
};
