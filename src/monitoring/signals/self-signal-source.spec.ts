import { NOT_APPLICABLE, type Signal, UNKNOWN } from '../../metrics/metric.js';
import { SignalSources } from '../../metrics/signal-sources.service.js';
import { QUEUE_NAMES } from '../../platform/config/settings.schema.js';
import { BrokenRulesSource } from './broken-rules-source.service.js';
import { RULES_PART } from './parts/rules-part.store.js';
import { INSTALLATION, ofInstallation, queueTarget } from './sample.js';
import { FRESH_MS, SelfMemory } from './self-memory.js';
import { SelfSignalSource } from './self-signal-source.service.js';

const last = (...names: string[]): Signal[] =>
  names.map((name) => ({ metric: `self.${name}`, agg: 'last', windowSeconds: null }));

describe('what the installation says of itself', () => {
  let memory: SelfMemory;
  let self: SelfSignalSource;
  let rules: BrokenRulesSource;
  beforeEach(() => {
    memory = new SelfMemory();
    self = new SelfSignalSource(memory);
    rules = new BrokenRulesSource(memory);
  });

  it('is in the catalogue, each metric once', () => {
    const sources = new SignalSources();
    sources.register(self);
    sources.register(rules);
    expect(sources.catalogue.map(({ name }) => name.slice('self.'.length))).toEqual([
      'cache_miss_percent',
      'cpu_percent',
      'cycle_lag_seconds',
      'db_pool_waiting',
      'dead_letters',
      'disk_free_percent',
      'docker_up',
      'endpoint_error_percent',
      'failed_deliveries',
      'failed_jobs',
      'memory_percent',
      'open_alerts',
      'outbox_oldest_seconds',
      'partition_missing',
      'queue_length',
      'queue_oldest_seconds',
      'queue_up',
      'redis_up',
      'rule_broken',
      'skipped_cycles',
      'slow_queries',
      'sources_failed',
      'victoriametrics_up',
      'workers',
      'workers_short',
    ]);
  });

  it('is unknown before anything was measured', async () => {
    expect(await self.read(last('workers', 'redis_up'))).toEqual([
      {
        kind: 'self',
        targets: [INSTALLATION],
        signals: last('workers', 'redis_up'),
        columns: [Float64Array.of(UNKNOWN), Float64Array.of(UNKNOWN)],
      },
    ]);
  });

  it('is a reading for each kind of target that is asked for', async () => {
    memory.succeeded('Redis', ofInstallation({ 'self.redis_up': NOT_APPLICABLE }), performance.now());
    const ping = queueTarget('ping');
    memory.succeeded('queues', [{ metric: 'self.queue_length', target: ping, value: 7 }], performance.now());
    const [installation, queues] = await self.read(last('redis_up', 'queue_length'));
    expect(installation).toMatchObject({ kind: 'self', columns: [Float64Array.of(NOT_APPLICABLE)] });
    expect(queues).toMatchObject({ kind: 'queue', signals: last('queue_length') });
    expect(queues!.columns[0]![QUEUE_NAMES.indexOf('ping')]).toBe(7);
    expect(queues!.columns[0]!.filter(Number.isNaN)).toHaveLength(5);
  });

  it('is not what it was half a minute ago', () => {
    memory.succeeded('workers', ofInstallation({ 'self.workers': 3 }), 1_000);
    expect(memory.valueOf('self.workers', INSTALLATION, 1_000 + FRESH_MS - 1)).toBe(3);
    expect(memory.valueOf('self.workers', INSTALLATION, 1_000 + FRESH_MS)).toBe(UNKNOWN);
  });

  it('counts dead letters of both kinds together, and knows nothing of the sum while one is unknown', async () => {
    const deadLetters = async (): Promise<number> => (await self.read(last('dead_letters')))[0]!.columns[0]![0]!;
    memory.succeeded('queues', ofInstallation({ 'self.failed_jobs': 2 }), performance.now());
    expect(await deadLetters()).toBe(UNKNOWN);
    memory.succeeded('dispatcher', ofInstallation({ 'self.failed_deliveries': 3 }), performance.now());
    expect(await deadLetters()).toBe(5);
  });

  it('names the rules that are broken, and fails while nobody knows them', async () => {
    const first = rules.read(last('rule_broken'));
    memory.succeeded(RULES_PART, [], performance.now());
    expect(await first).toMatchObject([{ kind: 'rule', targets: [] }]);
    const target = { key: 'id', name: 'Odd', labels: { rule: 'Odd' } };
    memory.succeeded(RULES_PART, [{ metric: 'self.rule_broken', target, value: 1 }], performance.now());
    expect(await rules.read(last('rule_broken'))).toEqual([
      { kind: 'rule', targets: [target], signals: last('rule_broken'), columns: [Float64Array.of(1)] },
    ]);
    memory.failed(RULES_PART);
    await expect(rules.read(last('rule_broken'))).rejects.toThrow('the rules could not be looked at');
  });
});
