import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { ProbeDriverError } from '../../src/probes/drivers/probe-driver.port.js';
import { CycleLab, type DeviceSeed } from '../support/cycle-lab.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';

describe('the vantage point', () => {
  let postgres: TestPostgres;
  let database: DataSource;
  let lab: CycleLab;

  beforeAll(async () => {
    postgres = await startTestPostgres();
  });
  beforeEach(async () => {
    Logger.overrideLogger(false);
    database = await postgres.openDataSource();
    lab = new CycleLab(database);
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await database.destroy();
  });
  afterAll(() => postgres?.stop(), 60_000);

  const many = (count: number, of: Partial<DeviceSeed> = {}, name = 'd'): DeviceSeed[] =>
    Array.from({ length: count }, (_, index) => ({ name: `${name}${index}`, ...of }));
  const die = (...seeds: DeviceSeed[]) => seeds.forEach(({ name }) => lab.drivers.icmp.dead.add(name));
  const isBlind = async () => (await lab.count('vantage_points', 'blind')) === 1;
  const statesNow = async (): Promise<Record<string, number>> => {
    const rows = await database.query<{ state: string; count: number }[]>(
      'SELECT state, count(*)::int FROM device_state GROUP BY state',
    );
    return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
  };
  const settle = async (...seeds: DeviceSeed[]) => {
    await lab.add(...seeds);
    await lab.run(0);
    await lab.run(1);
  };

  it('is blind when everything that was up fails at once, calls nothing down, and sees again by itself', async () => {
    const devices = many(20);
    await settle(...devices);
    die(...devices);
    for (const turn of [2, 3, 4, 5]) await lab.run(turn);
    expect(await isBlind()).toBe(true);
    expect(await statesNow()).toEqual({ unknown: 20 });
    expect(await lab.stateOf('d0')).toMatchObject({ cause: 'blind', blind: true, last_known_state: 'up', fails: 0 });
    lab.drivers.icmp.dead.clear();
    await lab.run(6);
    expect(await isBlind()).toBe(false);
    expect(await statesNow()).toEqual({ up: 20 });
    expect(await lab.count('state_events', `to_state = 'down'`)).toBe(0);
    expect(await lab.eventsOf('d0')).toEqual(['up@0', 'unknown@2', 'up@6']);
  });

  it('says once that it is blind and once that it sees', async () => {
    const lines: string[] = [];
    Logger.overrideLogger({
      log: (line: string) => lines.push(line),
      warn: (line: string) => lines.push(line),
    } as never);
    const devices = many(20);
    await settle(...devices);
    die(...devices);
    for (const turn of [2, 3, 4]) await lab.run(turn);
    lab.drivers.icmp.dead.clear();
    for (const turn of [5, 6]) await lab.run(turn);
    expect(lines.filter((line) => line.startsWith('The vantage point'))).toEqual([
      'The vantage point is blind: nearly everything that was up fails at once. No device is called down for it',
      'The vantage point sees again: failures are failures of devices',
    ]);
  });

  it('leaves up what answers all the same', async () => {
    const devices = many(20);
    await settle(...devices, { name: 'near' });
    die(...devices);
    for (const turn of [2, 3, 4]) await lab.run(turn);
    expect(await statesNow()).toEqual({ unknown: 20, up: 1 });
  });

  it('is not blind for nine devices', async () => {
    const devices = many(9);
    await settle(...devices);
    die(...devices);
    for (const turn of [2, 3]) await lab.run(turn);
    expect(await isBlind()).toBe(false);
    expect(await statesNow()).toEqual({ down: 9 });
  });

  it('is not blind for 80 % of its devices', async () => {
    const devices = many(16);
    await settle(...devices, ...many(4, {}, 'up'));
    die(...devices);
    for (const turn of [2, 3]) await lab.run(turn);
    expect(await statesNow()).toEqual({ down: 16, up: 4 });
  });

  it('is not blind for 875 devices behind one that is dead', async () => {
    const devices = [{ name: 'router' }, ...many(874, { parent: 'router' })];
    await lab.add(...devices.map(({ name }) => ({ name })));
    await database.query(
      `UPDATE devices SET parent_id = (SELECT id FROM devices WHERE name = 'router') WHERE name <> 'router'`,
    );
    await lab.run(0);
    await lab.run(1);
    die(...devices);
    await lab.run(2);
    await lab.run(3);
    expect(await isBlind()).toBe(false);
    expect(await statesNow()).toEqual({ down: 1, unreachable: 874 });
  });

  it('is not blind when the children of a dead device are checked by other cycles, before or after it', async () => {
    await lab.add({ name: 'router' }, ...many(30, { kind: 'tcp' }));
    await database.query(
      `UPDATE devices SET parent_id = (SELECT id FROM devices WHERE name = 'router') WHERE name <> 'router'`,
    );
    for (const turn of [0, 1]) for (const cycle of ['checks', 'ping'] as const) await lab.run(turn, { cycle });
    die({ name: 'router' });
    many(30).forEach(({ name }) => lab.drivers.tcp.dead.add(name));
    for (const turn of [2, 3]) {
      await lab.run(turn, { cycle: 'checks' });
      expect(await isBlind()).toBe(false);
      await lab.run(turn, { cycle: 'ping' });
    }
    expect(await statesNow()).toEqual({ down: 1, unreachable: 30 });
  });

  it('is not blind when one site is cut off and another answers', async () => {
    const cut = many(40, { site: 'Nord' });
    await settle(...cut, { name: 'south', site: 'Sued' });
    die(...cut);
    for (const turn of [2, 3]) await lab.run(turn);
    expect(await isBlind()).toBe(false);
    expect(await statesNow()).toEqual({ down: 40, up: 1 });
  });

  it('is not blind when the other site answers in another cycle', async () => {
    const cut = many(40, { site: 'Nord' });
    await lab.add(...cut, { name: 'south', site: 'Sued', kind: 'tcp' });
    for (const turn of [0, 1]) for (const cycle of ['checks', 'ping'] as const) await lab.run(turn, { cycle });
    die(...cut);
    for (const turn of [2, 3]) for (const cycle of ['ping', 'checks'] as const) await lab.run(turn, { cycle });
    expect(await isBlind()).toBe(false);
    expect(await statesNow()).toEqual({ down: 40, up: 1 });
  });

  it('is blind when the only site is lost as a whole', async () => {
    const devices = many(40, { site: 'Nord' });
    await settle(...devices);
    die(...devices);
    await lab.run(2);
    expect(await isBlind()).toBe(true);
  });

  it('adds shards up', async () => {
    const first = many(20);
    const second = many(20, {}, 'e').map((seed, index) => ({ ...seed, num: 10_000 + index }));
    await lab.add(...first, ...second);
    for (const turn of [0, 1, 2]) for (const shard of [0, 1]) await lab.run(turn, { shard });
    die(...first, ...second);
    await lab.run(3, { shard: 0 });
    expect(await isBlind()).toBe(false);
    await lab.run(3, { shard: 1 });
    expect(await isBlind()).toBe(true);
    for (const turn of [4, 5]) for (const shard of [0, 1]) await lab.run(turn, { shard });
    expect(await statesNow()).toEqual({ unknown: 40 });
  });

  it('is blind though slower cycles saw everything a while ago, and stays so until they see again', async () => {
    const slow = new CycleLab(database, {}, 300);
    await slow.profile('slow', { ping_interval_seconds: 300 });
    const rare = many(100, { profile: 'slow' }, 'rare');
    const often = many(20);
    await lab.add(...often, ...rare);
    for (const each of [0, 1, 2]) await slow.run(each);
    const turn = (slow.dueAt(2).getTime() - lab.dueAt(0).getTime()) / 30_000;
    await lab.run(turn);
    await lab.run(turn + 1);
    die(...often);
    await lab.run(turn + 3);
    expect(await isBlind()).toBe(true);
    rare.forEach(({ name }) => slow.drivers.icmp.dead.add(name));
    await slow.run(3);
    await lab.run(turn + 11);
    expect(await isBlind()).toBe(true);
    expect(await statesNow()).toEqual({ unknown: 120 });
  });

  it('is blind when nine routers and all behind them fail', async () => {
    const routers = many(9, {}, 'router');
    await lab.add(...routers);
    const behind = many(30).map((seed, index) => ({ ...seed, parent: `router${index % 9}` }));
    await lab.add(...behind);
    await lab.run(0);
    await lab.run(1);
    die(...routers, ...behind);
    for (const turn of [2, 3]) await lab.run(turn);
    expect(await isBlind()).toBe(true);
    expect(await statesNow()).toEqual({ unknown: 39 });
  });

  it('is not blind when the sites below one are cut off and another answers', async () => {
    const cut = ['Nord', 'Nord 1', 'Nord 2'].flatMap((site) => many(10, { site }, `${site} `));
    await lab.add(...cut, { name: 'south', site: 'Sued' }, { name: 'head', site: 'Zentrale' });
    const below = (above: string, pattern: string) =>
      database.query('UPDATE sites SET parent_id = (SELECT id FROM sites WHERE name = $1) WHERE name ~ $2', [
        above,
        pattern,
      ]);
    await below('Nord', '^Nord .');
    await below('Zentrale', '^(Nord|Sued)$');
    await lab.run(0);
    await lab.run(1);
    die(...cut);
    for (const turn of [2, 3]) await lab.run(turn);
    expect(await isBlind()).toBe(false);
    expect(await statesNow()).toEqual({ down: 30, up: 2 });
  });

  it('is blind when sites are lost that have nothing in common but the whole', async () => {
    const cut = ['Nord', 'Sued'].flatMap((site) => many(10, { site }, `${site} `));
    await lab.add(...cut, { name: 'head', site: 'Zentrale' });
    await database.query(
      `UPDATE sites SET parent_id = (SELECT id FROM sites WHERE name = 'Zentrale') WHERE name <> 'Zentrale'`,
    );
    await lab.run(0);
    await lab.run(1);
    die(...cut);
    await lab.run(2);
    expect(await isBlind()).toBe(true);
  });

  it('does not take devices in maintenance for its own fault', async () => {
    const devices = many(20);
    await settle(...devices);
    for (const { num } of await database.query<{ num: number }[]>('SELECT num FROM devices')) {
      const window = { windowIds: [], collect: true, countsAsDowntime: false };
      lab.calendar.windows.set(num, { ...window, since: lab.dueAt(1), until: lab.dueAt(9) });
    }
    die(...devices);
    await lab.run(2);
    expect(await isBlind()).toBe(false);
  });

  describe('with canaries', () => {
    const canaries = ['198.51.100.1', '198.51.100.2'];
    beforeEach(() => {
      lab = new CycleLab(database, { SWARMWARD_CANARIES: canaries.join(',') });
    });
    const silence = (...addresses: string[]) => addresses.forEach((address) => lab.drivers.icmp.dead.add(address));

    it('is blind when none of them answers, however few devices there are', async () => {
      await settle({ name: 'a' });
      expect(lab.drivers.icmp.batches[0]).toEqual(['a', ...canaries]);
      silence('a', ...canaries);
      for (const turn of [2, 3, 4]) await lab.run(turn);
      expect(await lab.count('vantage_points', `blind AND reason = 'canaries'`)).toBe(1);
      expect(await lab.stateOf('a')).toMatchObject({ state: 'unknown', cause: 'blind' });
      lab.drivers.icmp.dead.delete(canaries[0] as string);
      await lab.run(5);
      await lab.run(6);
      expect(await isBlind()).toBe(false);
      expect(await lab.stateOf('a')).toMatchObject({ state: 'down' });
      expect(await lab.eventsOf('a')).toEqual(['up@0', 'unknown@2', 'unknown@5', 'down@5']);
    });

    it('is not blind while one answers', async () => {
      await settle({ name: 'a' });
      silence('a', canaries[0] as string);
      for (const turn of [2, 3]) await lab.run(turn);
      expect(await lab.stateOf('a')).toMatchObject({ state: 'down' });
    });

    it('is not blind for a broken driver', async () => {
      await settle({ name: 'a' });
      lab.drivers.icmp.broken = new ProbeDriverError('fping_missing', 'fping was not found');
      await lab.run(2);
      expect(await isBlind()).toBe(false);
      expect(await lab.stateOf('a')).toMatchObject({ state: 'unknown', cause: 'driver' });
    });

    it('is not blind while one answers, however many devices fail', async () => {
      const devices = many(20);
      await settle(...devices);
      die(...devices);
      for (const turn of [2, 3]) await lab.run(turn);
      expect(await statesNow()).toEqual({ down: 20 });
    });

    it('asks them in the cycles of other checks too', async () => {
      await lab.add({ name: 'a' }, { name: 'web', kind: 'tcp' });
      for (const turn of [0, 1]) for (const cycle of ['ping', 'checks'] as const) await lab.run(turn, { cycle });
      silence('a', ...canaries);
      lab.drivers.tcp.dead.add('web');
      for (const turn of [2, 3]) for (const cycle of ['ping', 'checks'] as const) await lab.run(turn, { cycle });
      expect(await lab.stateOf('web')).toMatchObject({ state: 'unknown', blind: true });
      await lab.run(4, { cycle: 'checks' });
      expect(await lab.stateOf('web')).toMatchObject({ state: 'unknown', blind: true });
      lab.drivers.icmp.dead.delete(canaries[0] as string);
      for (const turn of [6, 7]) await lab.run(turn, { cycle: 'checks' });
      expect(await lab.stateOf('web')).toMatchObject({ state: 'down', blind: false });
    });
  });
});
