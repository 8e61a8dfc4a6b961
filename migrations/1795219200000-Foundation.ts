import type { MigrationInterface, QueryRunner } from 'typeorm';

/** API tokens, audit log, workers, cycles, and the third tier of the swarm's picture. */
export class Foundation1795219200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE api_tokens (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        name text NOT NULL,
        role text NOT NULL,
        token_hash bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz,
        revoked_at timestamptz,
        last_used_at timestamptz,
        created_by text,
        CONSTRAINT api_tokens_pkey PRIMARY KEY (id),
        CONSTRAINT api_tokens_token_hash_key UNIQUE (token_hash),
        CONSTRAINT api_tokens_role_check CHECK (role IN ('viewer', 'operator', 'admin')),
        CONSTRAINT api_tokens_token_hash_check CHECK (octet_length(token_hash) = 32)
      )`);
    await runner.query(`
      CREATE TABLE audit_log (
        id bigint GENERATED ALWAYS AS IDENTITY,
        at timestamptz NOT NULL DEFAULT now(),
        actor text NOT NULL,
        actor_token_id uuid,
        action text NOT NULL,
        subject_type text NOT NULL,
        subject_id text,
        request_id text,
        remote_address text,
        before jsonb,
        after jsonb,
        CONSTRAINT audit_log_pkey PRIMARY KEY (id)
      )`);
    await runner.query('CREATE INDEX audit_log_at_id_idx ON audit_log (at DESC, id DESC)');
    await runner.query('CREATE INDEX audit_log_subject_idx ON audit_log (subject_type, subject_id)');
    await runner.query(`
      CREATE TABLE workers (
        id text NOT NULL,
        kind text NOT NULL,
        host text NOT NULL,
        pid integer NOT NULL,
        queues text[] NOT NULL,
        concurrency integer NOT NULL,
        version text NOT NULL,
        started_at timestamptz NOT NULL,
        last_seen_at timestamptz NOT NULL,
        CONSTRAINT workers_pkey PRIMARY KEY (id)
      )`);
    await runner.query(`
      CREATE TABLE cycles (
        kind text NOT NULL,
        shard integer NOT NULL,
        due_at timestamptz NOT NULL,
        recorded_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT cycles_pkey PRIMARY KEY (kind, shard, due_at)
      )`);
    await runner.query('CREATE INDEX cycles_due_at_idx ON cycles (due_at)');
    await runner.query(`
      CREATE TABLE cycle_misses (
        kind text NOT NULL,
        shard integer NOT NULL,
        due_at timestamptz NOT NULL,
        reason text NOT NULL,
        at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT cycle_misses_pkey PRIMARY KEY (kind, shard, due_at)
      )`);
    await runner.query('CREATE INDEX cycle_misses_due_at_idx ON cycle_misses (due_at)');
    await runner.query(`
      CREATE TABLE swarm_state (
        swarm text NOT NULL DEFAULT 'default',
        revision text,
        collected_at timestamptz,
        picture bytea,
        memory jsonb NOT NULL DEFAULT '{}',
        last_attempt_at timestamptz,
        last_success_at timestamptz,
        last_error text,
        last_error_code text,
        consecutive_failures integer NOT NULL DEFAULT 0,
        refresh_duration_seconds double precision,
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT swarm_state_pkey PRIMARY KEY (swarm)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE swarm_state, cycle_misses, cycles, workers, audit_log, api_tokens');
  }
}
