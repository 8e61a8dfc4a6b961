import { BrokenRulesSource } from '../../src/monitoring/signals/broken-rules-source.service.js';
import { SelfMemory } from '../../src/monitoring/signals/self-memory.js';
import { SelfSignalSource } from '../../src/monitoring/signals/self-signal-source.service.js';
import { SignalSources } from '../../src/metrics/signal-sources.service.js';
import type { MetricDefinition } from '../../src/metrics/metric.js';
import { SignalSource } from '../../src/metrics/signal-source.port.js';
import { PROBE_METRICS } from '../../src/probes/signals/probe-metrics.js';
import { SWARM_METRICS } from '../../src/swarm/signals/swarm-metrics.js';
import { selectorSchema } from '../../src/devices/selector.js';
import { checkCondition } from '../../src/alerts/engine/language/check-condition.js';
import { parseCondition } from '../../src/alerts/engine/language/parse-condition.js';
import { printCondition } from '../../src/alerts/engine/language/print-condition.js';
import { parseMessage } from '../../src/alerts/engine/message/parse-message.js';
import { DEFAULT_RULES } from '../../src/alerts/rules/default-rules.js';

class Named extends SignalSource {
  constructor(
    readonly name: string,
    readonly metrics: readonly MetricDefinition[],
  ) {
    super();
  }
  override async read(): Promise<never> {
    throw new Error('only names');
  }
}

/** As it is in the product. */
function catalogue(): SignalSources {
  const sources = new SignalSources();
  sources.register(new Named('probes', [...PROBE_METRICS.values()]));
  sources.register(new Named('swarm', SWARM_METRICS));
  sources.register(new SelfSignalSource(new SelfMemory()));
  sources.register(new BrokenRulesSource(new SelfMemory()));
  return sources;
}

// Real: all of it but the values.
describe('default rules', () => {
  const sources = catalogue();

  it('have keys and names of their own', () => {
    expect(new Set(DEFAULT_RULES.map(({ key }) => key)).size).toBe(DEFAULT_RULES.length);
    expect(new Set(DEFAULT_RULES.map(({ name }) => name)).size).toBe(DEFAULT_RULES.length);
  });

  it('are all that were promised', () => {
    expect(Object.fromEntries(DEFAULT_RULES.map(({ key, severity }) => [key, severity]))).toEqual({
      device_down: 'critical',
      device_loss: 'high',
      device_rtt: 'medium',
      device_flapping: 'high',
      swarm_node_down: 'critical',
      swarm_service_under_replicated: 'high',
      swarm_service_flapping: 'high',
      swarm_update_failed: 'high',
      swarm_collection_slow: 'medium',
      swarm_refresh_slow: 'medium',
      swarm_refresh_failing: 'high',
      swarm_cache_miss: 'medium',
      swarm_backup_used: 'medium',
      redis_down: 'high',
      workers_gone: 'critical',
      workers_short: 'high',
      queue_down: 'high',
      queue_long: 'high',
      queue_stuck: 'critical',
      endpoint_errors: 'high',
      docker_down: 'high',
      victoriametrics_down: 'high',
      disk_low: 'high',
      disk_full: 'critical',
      partition_missing: 'high',
      deliveries_failed: 'high',
      alerts_many: 'high',
      sources_failed: 'critical',
      rule_broken: 'high',
    });
  });

  describe.each(DEFAULT_RULES.map((rule) => [rule.key, rule] as const))('%s', (_, rule) => {
    const texts = [rule.expression, ...(rule.recovery === undefined ? [] : [rule.recovery])];

    it.each(texts)('can be evaluated: %s', (text) => {
      const problems = checkCondition(parseCondition(text), {
        find: (metric: string) => sources.find(metric),
        catalogue: sources.catalogue,
        scopeKind: rule.scope.kind,
      });
      expect(problems).toEqual([]);
    });

    it.each(texts)('is written as it prints: %s', (text) => {
      expect(printCondition(parseCondition(text))).toBe(text);
    });

    it('has a message that can be read', () => {
      expect(() => parseMessage(rule.message)).not.toThrow();
    });

    it('says whom it is about, and why', () => {
      const selector = rule.scope.kind === 'devices' ? rule.scope.selector : { all: true };
      expect(selectorSchema.safeParse(selector).success).toBe(true);
      expect(rule.description).toMatch(/\.$/);
    });
  });
});
