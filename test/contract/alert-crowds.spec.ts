import { Logger } from '@nestjs/common';
import { AlertStory } from '../support/alert-story.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';

let postgres: TestPostgres;
let story: AlertStory;

beforeAll(async () => {
  Logger.overrideLogger(false);
  postgres = await startTestPostgres();
});
afterEach(() => story.end());
afterAll(() => postgres.stop());

describe('many at once', () => {
  const many = async (count: number, environment: Record<string, string> = {}): Promise<number[]> => {
    story = await AlertStory.open(postgres, environment);
    return story.alerts.addDevices(count);
  };
  const turn = async (nums: readonly number[], isDown: boolean): Promise<void> => {
    for (const num of nums) story.setDown(num, isDown);
    await story.pass();
  };
  /** `kind: how many alerts` of each notice. */
  const sizes = (): string[] =>
    story.notices.receiver.seen.map(({ message }) => `${message.kind}: ${message.alerts.length}`);

  it('875 devices behind one parent are one alert and one notice', async () => {
    const [parent] = await many(1);
    const children = await story.alerts.addDevices(875, { parent: 'Device 1' });
    await story.alerts.addRule({ name: 'Down', severity: 'critical' });
    const { signals } = story.alerts;
    // The children are found down first, while the parent is still being looked at.
    signals.set('device.failing', parent!, 1);
    await turn(children, true);
    signals.set('device.failing', parent!, 0);
    signals.setAll('device.state_code', children, 3);
    signals.setAll('device.down_seconds', children, Number.NaN);
    await turn([parent!], true);
    story.restart();
    await story.pass();
    expect(await story.alerts.count('alerts', `state = 'firing'`)).toBe(1);
    expect(story.told).toEqual(['firing:Device 1']);
    await turn([parent!, ...children], false);
    expect(story.told).toEqual(['firing:Device 1', 'resolved:Device 1']);
    expect(await story.alerts.count('alerts')).toBe(1);
  });

  it('200 devices of one site are one notice of 200, and so is their end', async () => {
    const nums = await many(200);
    await story.alerts.addRule({ name: 'Down' });
    await turn(nums, true);
    expect(sizes()).toEqual(['firing: 200']);
    await turn(nums.slice(0, 150), false);
    await turn(nums, false);
    expect(sizes()).toEqual(['firing: 200', 'resolved: 150', 'resolved: 50']);
  });

  it('1,200 are notices of at most 500', async () => {
    const nums = await many(1_200);
    await story.alerts.addRule({ name: 'Down' });
    await turn(nums, true);
    await turn(nums, false);
    const [opened, ended] = ['firing', 'resolved'].map((kind) =>
      sizes()
        .filter((size) => size.startsWith(kind))
        .sort(),
    );
    expect(opened).toEqual(['firing: 200', 'firing: 500', 'firing: 500']);
    expect(ended).toEqual(['resolved: 200', 'resolved: 500', 'resolved: 500']);
    expect(story.told.flatMap((told) => told.split(/[:,]/)).filter((name) => name.startsWith('Device'))).toHaveLength(
      2_400,
    );
  });

  it('of several severities are one notice, as bad as the worst of them and as soon', async () => {
    const nums = await many(30, { SWARMWARD_GROUP_WAIT_SECONDS: '600' });
    await story.alerts.addRule({
      name: 'Slow',
      severity: 'low',
      condition: { metric: 'icmp.rtt_ms', op: '>', value: 0 },
    });
    await story.alerts.addRule({
      name: 'Down',
      severity: 'critical',
      scope: { kind: 'devices', selector: { q: 'Device 7' } },
    });
    story.alerts.signals.setAll('icmp.rtt_ms', nums, 1);
    await story.pass();
    await turn(nums, true);
    await story.later(5);
    await story.pass();
    expect(sizes()).toEqual(['firing: 31']);
    const [{ message }] = story.notices.receiver.seen as [(typeof story.notices.receiver.seen)[number]];
    expect(message.severity).toBe('critical');
    expect(message.alerts.filter(({ severity }) => severity === 'low')).toHaveLength(30);
  });

  it.each([
    [['site'], ['Here: 4', 'There: 4']],
    [['rule'], ['Down: 4', 'Slow: 4']],
    [['severity'], ['high: 8']],
    [['device'], ['Device 1: 2', 'Device 2: 2', 'Device 3: 2', 'Device 4: 2']],
    [
      ['site', 'rule'],
      ['Down Here: 2', 'Down There: 2', 'Slow Here: 2', 'Slow There: 2'],
    ],
    [[], [': 8']],
  ])('put together by %j', async (groupBy, notices) => {
    story = await AlertStory.open(postgres);
    const { alerts } = story;
    const nums = [
      ...(await alerts.addDevices(2, { site: 'Here' })),
      ...(await alerts.addDevices(2, { site: 'There' })),
    ];
    await alerts.addRule({ name: 'Down', groupBy });
    await alerts.addRule({ name: 'Slow', groupBy, condition: { metric: 'icmp.rtt_ms', op: '>', value: 0 } });
    alerts.signals.setAll('icmp.rtt_ms', nums, 1);
    await turn(nums, true);
    const seen = story.notices.receiver.seen.map(
      ({ message }) =>
        `${Object.keys(message.group_labels)
          .sort()
          .map((key) => message.group_labels[key])
          .join(' ')}: ${message.alerts.length}`,
    );
    expect(seen.sort()).toEqual(notices);
  });
});
