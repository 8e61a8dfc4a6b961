import { Logger } from '@nestjs/common';
import { Evaluator } from '../../src/alerts/evaluator/evaluator.service.js';
import { EvaluatorStatus } from '../../src/alerts/evaluator/evaluator-status.service.js';
import { DispatchDuty } from '../../src/notifications/dispatch/dispatch-duty.service.js';
import { readSettings } from '../../src/platform/config/read-settings.js';
import { AdvisoryLock } from '../../src/platform/database/advisory-lock.store.js';
import { EventFeed } from '../../src/platform/events/event-feed.client.js';
import { Leadership, type LeadershipTimes } from '../../src/platform/schedule/leadership.service.js';
import { AlertLab, openAlertDatabase } from '../support/alert-lab.js';
import { AlertStory } from '../support/alert-story.js';
import { DELIVERED, DispatchLab } from '../support/dispatch-lab.js';
import { eventually } from '../support/eventually.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';

const TIMES: LeadershipTimes = { leaseMs: 600, lookEveryMs: 50, longestPauseMs: 400, farewellMs: 2_000 };

let postgres: TestPostgres;

beforeAll(async () => {
  Logger.overrideLogger(false);
  postgres = await startTestPostgres();
});
afterAll(() => postgres.stop());

describe('a process that ends between any two steps', () => {
  /** What devices do, and people. After each comes a pass, and a minute. */
  const STORY: ((story: AlertStory, nums: number[]) => unknown)[] = [
    () => undefined,
    (story, [a]) => story.setDown(a!, true),
    () => undefined,
    (story, [, b]) => story.setDown(b!, true),
    (story) => story.silence('Device 3', 240),
    (story, [, , c]) => story.setDown(c!, true),
    (story) => story.acknowledge('Device 2', { sticky: true }),
    (story, [a]) => story.setDown(a!, false),
    () => undefined,
    (story, [, b]) => story.setDown(b!, false),
    (story, [a]) => story.setDown(a!, true),
    () => undefined,
    (story, [, b]) => story.setDown(b!, true),
    (story, [, , c]) => story.setDown(c!, false),
    (story) => story.resolve('Device 1'),
    () => undefined,
    (story, nums) => nums.forEach((num) => story.setDown(num, false)),
    () => undefined,
  ];
  const play = async (between: (story: AlertStory) => Promise<void>): Promise<string[]> => {
    const story = await AlertStory.open(postgres, { SWARMWARD_GROUP_WAIT_SECONDS: '30' });
    try {
      const nums = await story.alerts.addDevices(3);
      await story.alerts.addRule({ name: 'Down', for: 30, recoveryFor: 30, groupBy: ['device'] });
      await story.notices.route({ remind_every_minutes: 2 });
      for (const step of STORY) {
        await step(story, nums);
        await between(story);
        await story.pass();
        await story.later(60);
        await between(story);
        await story.pass();
      }
      expect(new Set(story.notices.receiver.seen.map(({ message }) => message.id)).size).toBe(story.told.length);
      return nums.map((num) =>
        story.told
          .flatMap((told) => (told.split(`:Device ${num}`, 2).length === 2 ? told.split(':')[0]! : []))
          .join(' '),
      );
    } finally {
      await story.end();
    }
  };
  const TOLD = [
    'firing reminder resolved firing resolved firing resolved',
    'firing resolved',
    'firing reminder resolved',
  ];

  it.each<[string, (story: AlertStory) => Promise<void>]>([
    ['not at all', async () => undefined],
    ['in order', async (story) => story.restart()],
    ['with all that it has claimed in its hands', (story) => story.die()],
  ])('%s changes nothing of what is told', async (_name, between) => expect(await play(between)).toEqual(TOLD));
});

it('PostgreSQL may be killed while alerts fire and while they are told: nothing is lost, nothing is told twice', async () => {
  const database = await openAlertDatabase(postgres);
  const connection = { ...postgres.server.connection, database: (database.driver as { database?: string }).database! };
  const [alerts, notices, feed] = [new AlertLab(database), new DispatchLab(database), new EventFeed(connection)];
  const leadership = new Leadership(new AdvisoryLock(database), TIMES);
  const settings = readSettings({ SWARMWARD_EVALUATION_SECONDS: '1' });
  new Evaluator(leadership, feed, alerts.passes, new EvaluatorStatus(), settings).onApplicationBootstrap();
  await notices.channel('ops');
  const nums = await alerts.addDevices(20);
  await alerts.addRule({ name: 'Down', groupBy: ['device'] });
  new DispatchDuty(leadership, feed, notices.dispatcher()).onApplicationBootstrap();

  let kills = 0;
  /** The server starts again by itself. */
  const kill = () => {
    kills++;
    process.kill(postgres.server.pid()!, 'SIGKILL');
  };
  for (const kind of ['firing', 'resolved']) {
    alerts.signals.setAll('device.down_seconds', nums, kind === 'firing' ? 60 : 0);
    alerts.signals.before = async () => {
      alerts.signals.before = async () => undefined;
      kill();
    };
    let sent = 0;
    notices.receiver.answer = async () => {
      if (++sent === 5) kill();
      return DELIVERED;
    };
    await eventually(
      () => {
        const told = notices.receiver.told('ops').filter((each) => each.startsWith(kind));
        expect(new Set(told).size).toBe(nums.length);
      },
      { timeoutMs: 80_000 },
    );
  }
  const left = () =>
    database.query(
      `SELECT 1 FROM deliveries WHERE state <> 'delivered' UNION ALL SELECT 1 FROM alert_outbox WHERE taken_at IS NULL`,
    );
  await eventually(async () => expect(await left()).toEqual([]), { timeoutMs: 80_000 });
  expect(kills).toBe(4);
  // What is sent again has the same id.
  expect(new Set(notices.receiver.seen.map(({ message }) => message.id)).size).toBe(2 * nums.length);
  expect(await alerts.count('alerts')).toBe(nums.length);
  await leadership.beforeApplicationShutdown();
  feed.onApplicationShutdown();
}, 250_000);
