import type { AlertDto } from '../../src/alerts/ledger/alerts.dto.js';
import { DeadNetwork, missingNetns } from '../support/dead-network.js';
import { eventually } from '../support/eventually.js';
import { FakeFpings, missingFping } from '../support/fake-fping.js';
import { NoticeLab, PATIENCE } from '../support/notice-lab.js';
import { describeWith } from '../support/requires.js';
import { noticeOf } from '../support/webhook-receiver.js';

jest.setTimeout(240_000);

const CHILDREN = 875;
const OF_SITE = 200;
const BEHIND_PARENT = '10.99.4.0/22';
const AT_SITE = '10.99.8.0/24';

/** Hundreds of real addresses that stop answering at once, and what a person hears of it. No canary helps. */
describeWith('many devices that die at once', missingFping() ?? missingNetns(), () => {
  const fpings = new FakeFpings();
  let network: DeadNetwork;
  let lab: NoticeLab;

  beforeAll(async () => {
    network = DeadNetwork.create();
    for (const subnet of [BEHIND_PARENT, AT_SITE]) network.switchSubnet(subnet, true);
    lab = await NoticeLab.start([]);
    await lab.launch({ SWARMWARD_FPING_PATH: fpings.script(network.fping) });
    await lab.webhook('hook', { isDefault: true });
    await lab.devices.create('/api/v1/profiles', {
      name: 'quick',
      is_default: true,
      ping_interval_seconds: 3,
      packets: 1,
      // Answers come at once, or the machine is busy.
      timeout_ms: 1_200,
      down_after: 2,
      up_after: 1,
    });
    const [rule] = await lab.devices.get<{ id: string }[]>('/api/v1/alert-rules?q=Device%20down');
    await lab.devices.ask('PATCH', `/api/v1/alert-rules/${rule!.id}`, { expression: 'device.down_seconds > 0' });
    await lab.devicesOnly();
    await lab.devices.create('/api/v1/sites', { name: 'Riverside' });
    const address = (subnet: number, place: number) => `10.99.${subnet + Math.floor(place / 250)}.${1 + (place % 250)}`;
    await lab.watch(
      () => ({}),
      [
        { name: 'gateway', ip: address(4, 0) },
        ...Array.from({ length: CHILDREN }, (_, place) => {
          return { name: `behind-${place}`, ip: address(4, place + 1), parent: 'gateway' };
        }),
        ...Array.from({ length: OF_SITE }, (_, place) => {
          return { name: `river-${place}`, ip: address(8, place), site: 'Riverside' };
        }),
      ],
    );
  });
  afterAll(async () => {
    await lab?.stop();
    network?.remove();
    fpings.remove();
  });

  const untilTally = (tally: Record<string, number>) =>
    eventually(async () => expect(await lab.devices.tally()).toEqual(tally), PATIENCE);
  /** All of a site die and return within one turn of pings, not some of them a turn later than the others. */
  const betweenTurns = () => lab.devices.cycleAfter(Date.now());
  /** What arrived in all: of each notice its kind and how many alerts it is about. */
  const heard = () =>
    lab
      .requests('hook')
      .map(noticeOf)
      .map(({ kind, alerts }) => `${kind} ${alerts.length}`);
  const untilHeard = (...notices: string[]) => eventually(() => expect(heard()).toEqual(notices), PATIENCE);
  const openAlerts = () => lab.devices.get<AlertDto[]>('/api/v1/alerts?state=open&limit=500');

  it(`${CHILDREN} behind one parent: one alert, one notice`, async () => {
    network.switchSubnet(BEHIND_PARENT, false);
    await untilTally({ up: OF_SITE, down: 1, unreachable: CHILDREN });
    await untilHeard('firing 1');
    expect((await openAlerts()).map(({ target_name: name, state }) => [name, state])).toEqual([['gateway', 'firing']]);
    network.switchSubnet(BEHIND_PARENT, true);
    await untilTally({ up: OF_SITE + CHILDREN + 1 });
    await untilHeard('firing 1', 'resolved 1');
    expect(await openAlerts()).toEqual([]);
  });

  it(`${OF_SITE} of one site without a parent: one grouped notice`, async () => {
    await betweenTurns();
    network.switchSubnet(AT_SITE, false);
    await untilTally({ up: CHILDREN + 1, down: OF_SITE });
    await untilHeard('firing 1', 'resolved 1', `firing ${OF_SITE}`);
    expect(noticeOf(lab.requests('hook').at(-1)!)).toMatchObject({
      title: `${OF_SITE} alerts in Riverside: Device down`,
      group_labels: { site: 'Riverside' },
    });
    expect(await openAlerts()).toHaveLength(OF_SITE);
    await betweenTurns();
    network.switchSubnet(AT_SITE, true);
    await untilTally({ up: OF_SITE + CHILDREN + 1 });
    await untilHeard('firing 1', 'resolved 1', `firing ${OF_SITE}`, `resolved ${OF_SITE}`);
    expect(await openAlerts()).toEqual([]);
  });
});
