import { randomUUID } from 'node:crypto';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { DataSource } from 'typeorm';
import { Client } from 'pg';
import { JobsApiModule } from '../../src/jobs/jobs.api.module.js';
import { readSettings } from '../../src/platform/config/read-settings.js';
import { toPgConfig } from '../../src/platform/database/pg-config.driver.js';
import { Readiness } from '../../src/platform/http/readiness.js';
import { JobProducer } from '../../src/platform/queue/job-producer.service.js';
import { migrateQueue } from '../../src/platform/queue/postgres-queue.client.js';
import { QueueWorkerModule } from '../../src/platform/queue/queue.worker.module.js';
import { createToken } from '../../src/platform/security/first-admin-token.store.js';
import { SecretBox } from '../../src/platform/security/secret-box.service.js';
import { OnDemandApiModule } from '../../src/probes/on-demand/on-demand.api.module.js';
import { OnDemandWorkerModule } from '../../src/probes/on-demand/on-demand.worker.module.js';
import { RootModule } from '../../src/roles/root.module.js';
import { eventually } from './eventually.js';
import { FakeFpings } from './fake-fping.js';
import { type Answer, type HttpLab, startHttpLab } from './http-lab.js';
import { startTestPostgres } from './postgres.js';

export interface FinishedJob<Result> {
  state: 'completed' | 'failed';
  result?: Result;
  error?: string;
  progress?: unknown;
}

/** The product's API and a worker of the queue `on-demand` in one process: check-now and discovery from the request to the result. */
export class OnDemandLab {
  private constructor(
    private readonly http: HttpLab,
    readonly database: DataSource,
    private readonly tokens: Record<'viewer' | 'operator' | 'admin', string>,
    private readonly fping: string,
    private readonly end: () => Promise<void>,
  ) {}

  static async start(): Promise<OnDemandLab> {
    const postgres = await startTestPostgres();
    const scripts = new FakeFpings();
    const connection = await postgres.createDatabase();
    const client = new Client(toPgConfig(connection));
    await client.connect();
    await migrateQueue(client);
    await client.end();
    const fping = scripts.script('exec fping "$@"');
    const settings = readSettings({
      SWARMWARD_WORKER_QUEUES: 'on-demand',
      SWARMWARD_FPING_PATH: fping,
      SWARMWARD_SECRETS_KEY: 'k'.repeat(32),
    });
    const ground = { settings, version: '0.0.0', connection, readiness: new Readiness(), dataFolder: '/tmp' };
    const faces = [OnDemandApiModule, JobsApiModule, OnDemandWorkerModule, QueueWorkerModule];
    const http = await startHttpLab(RootModule.compose(ground, faces));
    const database = http.app.get(DataSource, { strict: false });
    const make = (role: 'viewer' | 'operator' | 'admin') => createToken(database, { name: role, role });
    const tokens = { viewer: await make('viewer'), operator: await make('operator'), admin: await make('admin') };
    return new OnDemandLab(http, database, tokens, fping, async () => {
      await http.close();
      await postgres.stop();
      scripts.remove();
    });
  }

  /** Puts another script in the place of fping; null: there is none. */
  replaceFping(body: string | null): void {
    rmSync(this.fping, { force: true });
    if (body === null) return;
    writeFileSync(this.fping, `#!/bin/sh\n${body}\n`);
    chmodSync(this.fping, 0o755);
  }

  /** As {@link replaceFping}, but nothing of it runs before it is let go. @returns lets it */
  holdFping(body: string): () => void {
    const gate = `${this.fping}.gate`;
    rmSync(gate, { force: true });
    this.replaceFping(`while [ ! -e ${gate} ]; do sleep 0.05; done; ${body}`);
    return () => writeFileSync(gate, '');
  }

  post(path: string, body?: unknown, role: 'viewer' | 'operator' | 'admin' = 'operator'): Promise<Answer> {
    const headers = { authorization: `Bearer ${this.tokens[role]}` };
    return this.http.ask(path, { method: 'POST', headers, ...(body !== undefined && { body }) });
  }

  /** Sends a request that enqueues. @returns the id of its job */
  async enqueue(path: string, body?: unknown): Promise<string> {
    const answer = await this.post(path, body);
    expect(answer).toMatchObject({ status: 202, body: { data: { job_id: expect.any(String) } } });
    return (answer.body as { data: { job_id: string } }).data.job_id;
  }

  /** What is answered about a job. */
  async job(id: string): Promise<Record<string, unknown>> {
    const { body } = await this.http.ask(`/api/v1/jobs/${id}`, {
      headers: { authorization: `Bearer ${this.tokens.viewer}` },
    });
    return (body as { data: Record<string, unknown> }).data;
  }

  finished<Result>(id: string): Promise<FinishedJob<Result>> {
    return eventually(
      async () => {
        const job = await this.job(id);
        expect(['completed', 'failed']).toContain(job['state']);
        return job as unknown as FinishedJob<Result>;
      },
      { timeoutMs: 40_000 },
    );
  }

  get producer(): JobProducer {
    return this.http.app.get(JobProducer, { strict: false });
  }

  /** A device straight into the table. @returns its id */
  async device(columns: Record<string, unknown> = {}): Promise<string> {
    const row = { name: `device ${randomUUID()}`, ip: '127.0.0.1', duplicate_allowed: true, ...columns };
    const names = Object.keys(row);
    const [made] = await this.database.query<{ id: string }[]>(
      `INSERT INTO devices (${names.join(', ')}, profile_id)
       SELECT ${names.map((_, index) => `$${index + 1}`).join(', ')}, id FROM profiles WHERE is_default RETURNING id`,
      Object.values(row),
    );
    return made!.id;
  }

  /** A community under a name. @returns the id of the credential */
  async credential(name: string): Promise<string> {
    const id = randomUUID();
    const secret = JSON.stringify({ kind: 'snmp_v2c', community: name });
    const { keyId, sealed } = await this.http.app.get(SecretBox, { strict: false }).seal(secret, `credential:${id}`);
    await this.database.query(
      `INSERT INTO credentials (id, name, kind, key_id, sealed) VALUES ($1, $2, 'snmp_v2c', $3, $4)`,
      [id, name, keyId, sealed],
    );
    return id;
  }

  audited(action: string): Promise<{ actor: string; subject_id: string | null; after: Record<string, unknown> }[]> {
    return this.database.query('SELECT actor, subject_id, after FROM audit_log WHERE action = $1 ORDER BY at', [
      action,
    ]);
  }

  close(): Promise<void> {
    return this.end();
  }
}
