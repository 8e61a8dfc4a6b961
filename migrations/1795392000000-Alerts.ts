import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Rules, alerts and what is told of them: the outbox, channels, routes and deliveries. */
export class Alerts1795392000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...ALERTS, ...NOTIFICATIONS, ...SELF]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `DROP TABLE process_figures, watchdog_beats, alert_follow_ups, delivery_attempts, delivery_alerts, deliveries, notification_routes, channels,
         alert_outbox, alert_events, alerts, silences, default_rules, alert_rules`,
    );
  }
}

const TIMES = 'created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now()';
const SEVERITIES = `('critical', 'high', 'medium', 'low', 'info')`;

const ALERTS = [
  // `expression` is the text of `condition`. `broken_reason`: evaluating it failed and it was switched off for that.
  `CREATE TABLE alert_rules (
     id uuid NOT NULL DEFAULT gen_random_uuid(),
     key text,
     name text NOT NULL,
     description text,
     enabled boolean NOT NULL DEFAULT true,
     severity text NOT NULL,
     scope jsonb NOT NULL,
     condition jsonb NOT NULL,
     expression text NOT NULL,
     for_seconds integer NOT NULL DEFAULT 0,
     recovery_condition jsonb,
     recovery_expression text,
     recovery_for_seconds integer NOT NULL DEFAULT 0,
     keep_firing_seconds integer NOT NULL DEFAULT 0,
     no_data text NOT NULL DEFAULT 'keep',
     group_by text[] NOT NULL DEFAULT '{site}',
     labels jsonb NOT NULL DEFAULT '{}',
     message text,
     runbook_url text,
     channel_ids uuid[] NOT NULL DEFAULT '{}',
     version integer NOT NULL DEFAULT 1,
     broken_reason text,
     broken_at timestamptz,
     ${TIMES},
     CONSTRAINT alert_rules_pkey PRIMARY KEY (id),
     CONSTRAINT alert_rules_key_key UNIQUE (key),
     CONSTRAINT alert_rules_name_key UNIQUE (name),
     CONSTRAINT alert_rules_severity_check CHECK (severity IN ${SEVERITIES}),
     CONSTRAINT alert_rules_no_data_check CHECK (no_data IN ('ok', 'alert', 'keep'))
   )`,
  // Which default rules were installed once: one that was deleted does not come back.
  `CREATE TABLE default_rules (
     key text NOT NULL,
     installed_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT default_rules_pkey PRIMARY KEY (key)
   )`,
  `CREATE TABLE silences (
     id uuid NOT NULL DEFAULT gen_random_uuid(),
     matchers jsonb NOT NULL,
     starts_at timestamptz NOT NULL,
     ends_at timestamptz NOT NULL,
     author text,
     comment text,
     ${TIMES},
     CONSTRAINT silences_pkey PRIMARY KEY (id),
     CONSTRAINT silences_order_check CHECK (ends_at >= starts_at)
   )`,
  'CREATE INDEX silences_ends_idx ON silences (ends_at)',
  // Names are copied, so that an alert stays readable when its rule or device is gone. No foreign keys to them for the same reason, and so that
  // deleting a rule costs the same however long its history is. Who opens one keeps its rule from being deleted meanwhile.
  `CREATE TABLE alerts (
     id uuid NOT NULL DEFAULT gen_random_uuid(),
     fingerprint text NOT NULL,
     rule_id uuid,
     rule_name text NOT NULL,
     rule_version integer NOT NULL,
     severity text NOT NULL,
     target_kind text NOT NULL,
     target_key text NOT NULL,
     target_name text NOT NULL,
     device_num integer,
     device_id uuid,
     site_id uuid,
     site_name text,
     group_key text NOT NULL,
     labels jsonb NOT NULL DEFAULT '{}',
     state text NOT NULL,
     began_at timestamptz,
     pending_since timestamptz NOT NULL,
     fired_at timestamptz,
     resolved_at timestamptz,
     clear_since timestamptz,
     recovering_since timestamptz,
     resolution text,
     value double precision,
     summary text NOT NULL DEFAULT '',
     runbook_url text,
     face_key text,
     ack_by text,
     ack_at timestamptz,
     ack_until timestamptz,
     ack_sticky boolean NOT NULL DEFAULT false,
     ack_comment text,
     suppressed_by text,
     suppressed_id uuid,
     announced_at timestamptz,
     untold_at timestamptz,
     evaluated_at timestamptz NOT NULL,
     ${TIMES},
     CONSTRAINT alerts_pkey PRIMARY KEY (id),
     CONSTRAINT alerts_severity_check CHECK (severity IN ${SEVERITIES}),
     CONSTRAINT alerts_state_check CHECK (state IN ('pending', 'firing', 'resolved')),
     CONSTRAINT alerts_suppressed_check CHECK (suppressed_by IN ('silence', 'maintenance', 'parent', 'flapping'))
   ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500)`,
  `CREATE UNIQUE INDEX alerts_fingerprint_key ON alerts (fingerprint) WHERE state <> 'resolved'`,
  `CREATE INDEX alerts_open_device_idx ON alerts (device_num, rule_id) WHERE state <> 'resolved'`,
  'CREATE INDEX alerts_device_idx ON alerts (device_id, pending_since DESC)',
  'CREATE INDEX alerts_rule_idx ON alerts (rule_id)',
  'CREATE INDEX alerts_fired_idx ON alerts (coalesce(fired_at, pending_since), id)',
  'CREATE INDEX alerts_resolved_idx ON alerts (resolved_at)',
  // What is left of an acknowledgement for the same alert when it opens again.
  // `untold_at`: it was to be told and no channel was for it. It is told when one is.
  `CREATE INDEX alerts_untold_idx ON alerts (untold_at) WHERE untold_at IS NOT NULL AND state = 'firing'`,
  `CREATE INDEX alerts_sticky_idx ON alerts (rule_id, target_kind, target_key) WHERE ack_sticky AND state = 'resolved'`,
  `CREATE TABLE alert_events (
     id bigint GENERATED ALWAYS AS IDENTITY,
     alert_id uuid NOT NULL,
     at timestamptz NOT NULL,
     kind text NOT NULL,
     actor text,
     detail jsonb,
     CONSTRAINT alert_events_pkey PRIMARY KEY (id),
     CONSTRAINT alert_events_alert_fkey FOREIGN KEY (alert_id) REFERENCES alerts (id) ON DELETE CASCADE
   )`,
  'CREATE INDEX alert_events_alert_idx ON alert_events (alert_id, id)',
  // What happened and must be told; who is told is decided when it is taken. Written with the transition.
  `CREATE TABLE alert_outbox (
     id bigint GENERATED ALWAYS AS IDENTITY,
     alert_id uuid NOT NULL,
     kind text NOT NULL,
     at timestamptz NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now(),
     taken_at timestamptz,
     CONSTRAINT alert_outbox_pkey PRIMARY KEY (id),
     CONSTRAINT alert_outbox_alert_fkey FOREIGN KEY (alert_id) REFERENCES alerts (id) ON DELETE CASCADE,
     CONSTRAINT alert_outbox_kind_check CHECK (kind IN ('firing', 'resolved', 'reminder'))
   )`,
  'CREATE INDEX alert_outbox_waiting_idx ON alert_outbox (id) WHERE taken_at IS NULL',
  'CREATE INDEX alert_outbox_alert_idx ON alert_outbox (alert_id)',
];

const NOTIFICATIONS = [
  // What is secret of a channel is in `sealed`; the rest is beside it, so that who lists them opens nothing.
  `CREATE TABLE channels (
     id uuid NOT NULL DEFAULT gen_random_uuid(),
     name text NOT NULL,
     kind text NOT NULL,
     config jsonb NOT NULL DEFAULT '{}',
     key_id text NOT NULL,
     sealed bytea NOT NULL,
     enabled boolean NOT NULL DEFAULT true,
     is_default boolean NOT NULL DEFAULT false,
     last_delivered_at timestamptz,
     last_failed_at timestamptz,
     last_error text,
     ${TIMES},
     CONSTRAINT channels_pkey PRIMARY KEY (id),
     CONSTRAINT channels_name_key UNIQUE (name),
     CONSTRAINT channels_key_fkey FOREIGN KEY (key_id) REFERENCES secret_keys (id)
   )`,
  `CREATE TABLE notification_routes (
     id uuid NOT NULL DEFAULT gen_random_uuid(),
     name text NOT NULL,
     position integer NOT NULL DEFAULT 100,
     enabled boolean NOT NULL DEFAULT true,
     matchers jsonb NOT NULL DEFAULT '{}',
     channel_ids uuid[] NOT NULL DEFAULT '{}',
     continues boolean NOT NULL DEFAULT false,
     group_wait_seconds integer,
     remind_every_minutes integer,
     escalate_after_minutes integer,
     escalate_channel_ids uuid[] NOT NULL DEFAULT '{}',
     quiet_hours jsonb,
     ${TIMES},
     CONSTRAINT notification_routes_pkey PRIMARY KEY (id),
     CONSTRAINT notification_routes_name_key UNIQUE (name)
   )`,
  // One message to one channel. Its id is the idempotency key of all its attempts. `uncertain`: an attempt may have arrived.
  // `held`: it waits for the end of quiet hours. While it is sent, `next_attempt_at` is when the sender is taken for dead.
  // `asked`: somebody asked for its next attempt, which no pause of its channel puts off.
  // `content` is json, not jsonb: all attempts send the same bytes. `title` is out of it: a list does not read all the rest.
  // No foreign key to the channel: deleting one costs the same however much it was told. Who makes one that is to be sent
  // keeps its channel from being deleted meanwhile; who deletes a channel ends what is to be sent.
  `CREATE TABLE deliveries (
     id uuid NOT NULL DEFAULT gen_random_uuid(),
     num bigint GENERATED ALWAYS AS IDENTITY,
     channel_id uuid,
     channel_name text NOT NULL,
     channel_kind text NOT NULL,
     kind text NOT NULL,
     severity text NOT NULL,
     group_key text NOT NULL,
     group_labels jsonb NOT NULL DEFAULT '{}',
     state text NOT NULL DEFAULT 'waiting',
     attempts integer NOT NULL DEFAULT 0,
     uncertain boolean NOT NULL DEFAULT false,
     held boolean NOT NULL DEFAULT false,
     asked boolean NOT NULL DEFAULT false,
     next_attempt_at timestamptz NOT NULL,
     give_up_at timestamptz NOT NULL,
     locked_until timestamptz,
     content json,
     title text GENERATED ALWAYS AS (content->>'title') STORED,
     last_status integer,
     last_error text,
     requested_by text,
     created_at timestamptz NOT NULL DEFAULT now(),
     first_attempt_at timestamptz,
     finished_at timestamptz,
     CONSTRAINT deliveries_pkey PRIMARY KEY (id),
     CONSTRAINT deliveries_num_key UNIQUE (num),
     CONSTRAINT deliveries_kind_check CHECK (kind IN ('firing', 'resolved', 'reminder', 'escalation', 'test')),
     CONSTRAINT deliveries_state_check CHECK (state IN ('waiting', 'sending', 'retrying', 'delivered', 'failed', 'cancelled'))
   ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500)`,
  `CREATE INDEX deliveries_due_idx ON deliveries (channel_id, next_attempt_at) WHERE state IN ('waiting', 'sending', 'retrying')`,
  `CREATE INDEX deliveries_failed_idx ON deliveries (finished_at) WHERE state = 'failed'`,
  `CREATE INDEX deliveries_gathering_idx ON deliveries (group_key) WHERE state = 'waiting' AND attempts = 0`,
  'CREATE INDEX deliveries_created_idx ON deliveries (created_at, id)',
  'CREATE INDEX deliveries_channel_idx ON deliveries (channel_id, num)',
  // Of one fingerprint and channel they are told in the order of `seq`: also when the same alert opens again.
  `CREATE TABLE delivery_alerts (
     delivery_id uuid NOT NULL,
     alert_id uuid NOT NULL,
     seq bigint GENERATED ALWAYS AS IDENTITY,
     fingerprint text NOT NULL,
     at timestamptz NOT NULL,
     dropped text,
     CONSTRAINT delivery_alerts_pkey PRIMARY KEY (delivery_id, alert_id),
     CONSTRAINT delivery_alerts_delivery_fkey FOREIGN KEY (delivery_id) REFERENCES deliveries (id) ON DELETE CASCADE,
     CONSTRAINT delivery_alerts_alert_fkey FOREIGN KEY (alert_id) REFERENCES alerts (id) ON DELETE CASCADE
   )`,
  'CREATE INDEX delivery_alerts_alert_idx ON delivery_alerts (alert_id)',
  'CREATE INDEX delivery_alerts_fingerprint_idx ON delivery_alerts (fingerprint, seq)',
  // When an alert that fires is to be told of again, and when to others, unless somebody has acknowledged it. `set_at`: when that was set.
  `CREATE TABLE alert_follow_ups (
     alert_id uuid NOT NULL,
     remind_at timestamptz,
     escalate_at timestamptz,
     escalated_at timestamptz,
     set_at timestamptz NOT NULL DEFAULT now(),
     due_at timestamptz GENERATED ALWAYS AS (least(remind_at, escalate_at)) STORED,
     CONSTRAINT alert_follow_ups_pkey PRIMARY KEY (alert_id),
     CONSTRAINT alert_follow_ups_alert_fkey FOREIGN KEY (alert_id) REFERENCES alerts (id) ON DELETE CASCADE
   )`,
  'CREATE INDEX alert_follow_ups_due_idx ON alert_follow_ups (due_at)',
  `CREATE TABLE delivery_attempts (
     id bigint GENERATED ALWAYS AS IDENTITY,
     delivery_id uuid NOT NULL,
     number integer NOT NULL,
     at timestamptz NOT NULL,
     duration_ms integer NOT NULL,
     outcome text NOT NULL,
     status integer,
     error text,
     response text,
     CONSTRAINT delivery_attempts_pkey PRIMARY KEY (id),
     CONSTRAINT delivery_attempts_delivery_fkey FOREIGN KEY (delivery_id) REFERENCES deliveries (id) ON DELETE CASCADE,
     CONSTRAINT delivery_attempts_outcome_check CHECK (outcome IN ('delivered', 'refused', 'unknown'))
   )`,
  'CREATE INDEX delivery_attempts_delivery_idx ON delivery_attempts (delivery_id, id)',
];

const SELF = [
  // What each process says of itself every 10 s.
  `CREATE TABLE process_figures (
     id text NOT NULL,
     role text NOT NULL,
     host text NOT NULL,
     pid integer NOT NULL,
     figures jsonb NOT NULL,
     at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT process_figures_pkey PRIMARY KEY (id)
   ) WITH (fillfactor = 50)`,
  // When each half of the watchdog last did its work, in whichever process: what the heartbeat goes by.
  `CREATE TABLE watchdog_beats (
     half text NOT NULL,
     at timestamptz NOT NULL,
     CONSTRAINT watchdog_beats_pkey PRIMARY KEY (half)
   ) WITH (fillfactor = 50)`,
];
