import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { type Signal, UNKNOWN } from '../../src/metrics/metric.js';
import { SignalSources } from '../../src/metrics/signal-sources.service.js';
import { readSettings } from '../../src/platform/config/read-settings.js';
import { encodePicture } from '../../src/swarm/picture/picture-codec.js';
import { PictureMemo } from '../../src/swarm/picture/picture-memo.service.js';
import {
  afterFailure,
  afterSuccess,
  NO_REFRESH_YET,
  type RefreshRecord,
} from '../../src/swarm/picture/refresh-record.js';
import type { SwarmPicture } from '../../src/swarm/picture/swarm-picture.js';
import { SwarmReader } from '../../src/swarm/picture/swarm-reader.service.js';
import { SwarmStateStore } from '../../src/swarm/picture/swarm-state.store.js';
import { SwarmTiers } from '../../src/swarm/picture/swarm-tiers.service.js';
import { SwarmSignalSource } from '../../src/swarm/signals/swarm-signal-source.service.js';
import { AlertLab, openAlertDatabase } from '../support/alert-lab.js';
import { type CacheApp, gate, startCache } from '../support/cache-app.js';
import { recordStatements } from '../support/count-statements.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { aFailure, aService, assess, aTask, NO_MEMORY, NODE3_DOWN, THREE_NODES } from '../support/swarm-facts.js';

/** What a worker publishes, and what another process, which evaluates rules, reads of it. */
describe('signals of the swarm', () => {
  let postgres: TestPostgres;
  let database: DataSource;
  let cache: CacheApp;
  let store: SwarmStateStore;
  let reader: SwarmReader;
  let source: SwarmSignalSource;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    postgres = await startTestPostgres();
  });
  beforeEach(async () => {
    database = await postgres.openDataSource();
    cache = await startCache();
    store = new SwarmStateStore(database);
    reader = new SwarmReader(new SwarmTiers(cache.cache), store, new PictureMemo());
    source = new SwarmSignalSource(reader, readSettings({}));
  });
  afterEach(async () => {
    await cache.close();
    await database.destroy();
  });
  afterAll(() => postgres?.stop(), 60_000);

  let published = 0;
  /** As the worker does it, another process with memory of its own. */
  const publish = async (picture: SwarmPicture, ageSeconds = 0): Promise<RefreshRecord> => {
    const at = new Date(Date.now() - ageSeconds * 1_000);
    const fresh = { ...picture, revision: `r${++published}`, collectedAt: at.toISOString() };
    const record = afterSuccess({ at, durationSeconds: 0.25 });
    const entry = { ...fresh, picture: await encodePicture(fresh) };
    await store.publish(entry, NO_MEMORY, record, database.manager);
    return record;
  };
  const read = async (...metrics: string[]) => {
    const signals: Signal[] = metrics.map((metric) => ({ metric, agg: 'last', windowSeconds: null }));
    const values: Record<string, Record<string, number | undefined>> = {};
    for (const reading of await source.read(signals)) {
      if (reading.kind === 'device') throw new Error('Devices are not of the swarm');
      reading.signals.forEach(({ metric }, row) => {
        const named = reading.targets.map(({ name }, index) => [name, reading.columns[row]?.[index]]);
        values[metric] = Object.fromEntries(named) as Record<string, number>;
      });
    }
    return values;
  };
  const ALL = ['swarm.node_down', 'swarm.service_missing_replicas', 'swarm.quorum_margin', 'swarm.refresh_failures'];
  const services = [aService({ name: 'web', replicas: 2 }), aService({ name: 'crash' })];
  const tasks = [
    aTask({ serviceId: 'web-id', slot: 1 }),
    aTask({ serviceId: 'web-id', slot: 2, nodeId: 'node3-id' }),
    ...[10, 70, 130].map((age) => aFailure(age, { serviceId: 'crash-id' })),
    aTask({ serviceId: 'crash-id', state: 'starting' }),
  ];
  const WHOLE = assess({ nodes: THREE_NODES, services, tasks }).picture;
  const BROKEN = assess({ nodes: NODE3_DOWN, services, tasks }).picture;

  it('are of nobody before there is a swarm, also on a machine without Docker', async () => {
    const nobody = { 'swarm.node_down': {}, 'swarm.service_missing_replicas': {}, 'swarm.quorum_margin': {} };
    expect(await read(...ALL)).toEqual({});
    let record = NO_REFRESH_YET;
    for (let attempt = 0; attempt < 5; attempt++) {
      const error = { code: 'docker_not_configured', message: 'There is no Docker' };
      record = afterFailure(record, { at: new Date(), durationSeconds: 0 }, error);
      await store.recordFailure(record);
    }
    expect(await read(...ALL)).toEqual({ ...nobody, 'swarm.refresh_failures': {} });
    await publish({ ...WHOLE, swarmActive: false, nodes: [], services: [] });
    expect(await read(...ALL)).toEqual({ ...nobody, 'swarm.refresh_failures': {} });
  });

  it('are there as soon as a picture is published, though one was read a moment ago', async () => {
    await publish(WHOLE);
    expect(await read(...ALL)).toEqual({
      'swarm.node_down': { node1: 0, node2: 0, node3: 0 },
      'swarm.service_missing_replicas': { web: 0, crash: 1 },
      'swarm.quorum_margin': { swarm: 0 },
      'swarm.refresh_failures': { swarm: 0 },
    });
    await publish(BROKEN);
    expect(await read('swarm.node_down', 'swarm.service_missing_replicas', 'swarm.service_flapping')).toEqual({
      'swarm.node_down': { node1: 0, node2: 0, node3: 1 },
      'swarm.service_missing_replicas': { web: 1, crash: 1 },
      'swarm.service_flapping': { web: 0, crash: 1 },
    });
  });

  it('are not those of a look that somebody else began before the picture was there', async () => {
    await publish(WHOLE);
    const old = await store.read(null);
    const held = gate<typeof old>();
    jest.spyOn(store, 'read').mockReturnValueOnce(held.promise);
    const before = reader.current();
    await publish(BROKEN);
    const after = read('swarm.node_down');
    held.open(old);
    await before;
    expect((await after)['swarm.node_down']).toMatchObject({ node3: 1 });
  });

  it('are unknown when the picture is old, but for its age and how refreshing goes', async () => {
    const record = await publish(BROKEN, 600);
    const error = { code: 'docker_timeout', message: 'Docker does not answer' };
    await store.recordFailure(afterFailure(record, { at: new Date(), durationSeconds: 10 }, error));
    const { 'swarm.collect_age_seconds': age, ...others } = await read(
      ...ALL,
      'swarm.collect_age_seconds',
      'swarm.collection_seconds',
      'swarm.refresh_seconds',
    );
    expect(others).toEqual({
      'swarm.node_down': { node1: UNKNOWN, node2: UNKNOWN, node3: UNKNOWN },
      'swarm.service_missing_replicas': { web: UNKNOWN, crash: UNKNOWN },
      'swarm.quorum_margin': { swarm: UNKNOWN },
      'swarm.refresh_failures': { swarm: 1 },
      'swarm.collection_seconds': { swarm: UNKNOWN },
      'swarm.refresh_seconds': { swarm: 10 },
    });
    expect(age?.['swarm']).toBeGreaterThanOrEqual(600);
    expect(age?.['swarm']).toBeLessThan(660);
  });

  it('count the reads of this process, from the fifth on, but none from before there was a picture', async () => {
    const error = { code: 'docker_unreachable', message: 'There is no Docker' };
    await store.recordFailure(afterFailure(NO_REFRESH_YET, { at: new Date(), durationSeconds: 0 }, error));
    for (let reads = 1; reads <= 10; reads++) {
      expect(await read('swarm.miss_percent')).toEqual({ 'swarm.miss_percent': { swarm: UNKNOWN } });
    }
    await publish(WHOLE);
    for (let reads = 1; reads <= 4; reads++) {
      expect(await read('swarm.miss_percent')).toEqual({ 'swarm.miss_percent': { swarm: UNKNOWN } });
    }
    // The very first was answered by PostgreSQL, which filled the tiers.
    expect(await read('swarm.miss_percent', 'swarm.backup_source_percent')).toEqual({
      'swarm.miss_percent': { swarm: 20 },
      'swarm.backup_source_percent': { swarm: 0 },
    });
  });

  it('cost one statement, whatever is asked', async () => {
    await publish(WHOLE);
    const sources = new SignalSources();
    sources.register(source);
    const names = sources.catalogue.map(({ name }) => name);
    expect(names).toHaveLength(12);
    expect(await recordStatements(database, () => read(...names))).toHaveLength(1);
    expect(await recordStatements(database, () => source.read([]))).toEqual([]);
  });

  it('cannot be read by who has never seen the swarm while the database is away: nothing of it is gone', async () => {
    await publish(BROKEN);
    const lab = new AlertLab(await openAlertDatabase(postgres), [source]);
    const condition = { metric: 'swarm.node_down', op: '==', value: 1 } as const;
    await lab.addRule({ name: 'Node down', condition, scope: { kind: 'swarm' } });
    await lab.pass();
    const other = new SwarmReader(new SwarmTiers((await startCache()).cache), store, new PictureMemo());
    const restarted = new AlertLab(lab.database, [new SwarmSignalSource(other, readSettings({}))]);
    const unread = jest.spyOn(store, 'read').mockRejectedValue(new Error('statement timeout'));
    await restarted.pass();
    unread.mockResolvedValue(null);
    await restarted.pass();
    unread.mockRestore();
    expect(await lab.outbox()).toEqual(['firing node3']);
  });

  it('of a database that is away are those of the last reading', async () => {
    await publish(WHOLE);
    await read(...ALL);
    await database.destroy();
    expect((await read('swarm.node_down'))['swarm.node_down']).toEqual({ node1: 0, node2: 0, node3: 0 });
    await database.initialize();
  });
});
