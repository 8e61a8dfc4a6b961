import { type DynamicModule, Global, Injectable, Module } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { BacktestApiModule } from '../../src/alerts/backtest/backtest.api.module.js';
import { ChannelDirectory } from '../../src/alerts/channel-directory.port.js';
import { RulesApiModule } from '../../src/alerts/rules/rules.api.module.js';
import { InventoryApiModule } from '../../src/devices/inventory/inventory.api.module.js';
import type { MetricDefinition, Signal } from '../../src/metrics/metric.js';
import { MetricsModule } from '../../src/metrics/metrics.module.js';
import { SignalSource, type SignalReading } from '../../src/metrics/signal-source.port.js';
import { SignalSources } from '../../src/metrics/signal-sources.service.js';
import { CacheModule } from '../../src/platform/cache/cache.module.js';
import { ConfigModule } from '../../src/platform/config/config.module.js';
import { readSettings } from '../../src/platform/config/read-settings.js';
import type { DatabaseConnection } from '../../src/platform/database/connection.js';
import { DatabaseModule } from '../../src/platform/database/database.module.js';
import { EventsModule } from '../../src/platform/events/events.module.js';
import { createToken } from '../../src/platform/security/first-admin-token.store.js';
import { SecurityApiModule } from '../../src/platform/security/security.api.module.js';
import { ProbeSignalsModule } from '../../src/probes/signals/probe-signals.module.js';
import { type Answer, type HttpLab, startHttpLab } from './http-lab.js';

/** Alert rules over real HTTP on a real database, asked by an admin unless said otherwise. Devices are measured by the product's own source. */
export interface RulesLab extends HttpLab {
  database: DataSource;
  /** By name; those that rules may name. */
  channels: Map<string, string>;
  leaving: Set<string>;
  tokens: Record<'admin' | 'operator' | 'viewer', string>;
  call<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    options?: CallOptions,
  ): Promise<Called<T>>;
}

interface CallOptions {
  as?: 'admin' | 'operator' | 'viewer';
  type?: string;
}

export interface Called<T> {
  status: number;
  data: T;
  text: string;
  headers: Answer['headers'];
  code: string | undefined;
  detail: string | undefined;
  errors: { path: string; message: string; position?: number; line?: number; column?: number }[] | undefined;
  metrics: string[] | undefined;
  page: { total: number } | undefined;
}

const channels = new Map<string, string>();
/** Ids of channels that are found, but deleted before a rule names them. */
const leaving = new Set<string>();

@Injectable()
class KnownChannels extends ChannelDirectory {
  async find(refs: readonly string[]): Promise<Map<string, { id: string; name: string }>> {
    const all = [...channels].map(([name, id]) => ({ name, id }));
    return new Map(
      refs.flatMap((ref) => {
        const found = all.find(({ id, name }) => id === ref || name === ref);
        return found ? [[ref, found] as const] : [];
      }),
    );
  }

  async keep(ids: readonly string[]): Promise<Set<string>> {
    return new Set(ids.filter((id) => !leaving.has(id)));
  }
}

const metric = (name: string, target: MetricDefinition['target']): MetricDefinition => ({
  name,
  target,
  unit: null,
  description: `For tests: ${name}.`,
  aggregations: ['last'],
  longestWindowSeconds: null,
  hasHistory: false,
});

/** Two nodes and one installation. */
@Injectable()
class FewThings extends SignalSource {
  readonly name = 'few things';
  readonly metrics = [
    metric('swarm.node_down', 'node'),
    metric('swarm.service_missing_replicas', 'service'),
    metric('self.redis_up', 'self'),
  ];

  async read(signals: readonly Signal[]): Promise<SignalReading[]> {
    const names = signals[0]!.metric === 'swarm.node_down' ? ['alpha', 'beta'] : ['swarmward'];
    const kind = signals[0]!.metric === 'swarm.node_down' ? ('node' as const) : ('self' as const);
    const targets = names.map((name) => ({ key: `key of ${name}`, name, labels: {} }));
    return [{ kind, targets, signals, columns: signals.map(() => new Float64Array(names.length)) }];
  }
}

@Global()
@Module({
  providers: [{ provide: ChannelDirectory, useClass: KnownChannels }, FewThings],
  exports: [ChannelDirectory],
})
class SurroundingsModule {
  constructor(sources: SignalSources, few: FewThings) {
    sources.register(few);
  }
}

@Module({})
class RulesLabModule {
  static over(connection: DatabaseConnection): DynamicModule {
    const settings = readSettings({ SWARMWARD_RATE_LIMIT_PER_MINUTE: '100000' });
    const imports = [
      ConfigModule.forRoot(settings),
      DatabaseModule.forRoot(connection),
      EventsModule.forRoot(connection),
      CacheModule.forRoot(settings),
      SecurityApiModule,
      InventoryApiModule,
      MetricsModule,
      ProbeSignalsModule,
      SurroundingsModule,
      BacktestApiModule,
      RulesApiModule,
    ];
    return { module: RulesLabModule, imports };
  }
}

export async function startRulesLab(connection: DatabaseConnection): Promise<RulesLab> {
  const http = await startHttpLab(RulesLabModule.over(connection));
  const database = http.app.get<DataSource>(getDataSourceToken(), { strict: false });
  const tokens = {} as RulesLab['tokens'];
  for (const role of ['admin', 'operator', 'viewer'] as const)
    tokens[role] = await createToken(database, { name: role, role });
  return {
    ...http,
    database,
    channels,
    leaving,
    tokens,
    call: async <T>(method: string, path: string, body?: unknown, { as = 'admin', type }: CallOptions = {}) => {
      const answer = await http.ask(`/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${tokens[as]}`, ...(type && { 'content-type': type }) },
        ...(body !== undefined && { body }),
      });
      const { data, code, detail, errors, metrics, page } = (answer.body || {}) as Partial<Called<T>>;
      const text = answer.raw.toString();
      return {
        status: answer.status,
        headers: answer.headers,
        text,
        data: data as T,
        code,
        detail,
        errors,
        metrics,
        page,
      };
    },
  };
}
