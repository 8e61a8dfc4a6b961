import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The inventory, what probes find out, and the partitioned history of it. */
export class Devices1795305600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...INVENTORY, ...PROBES, ...HISTORY]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP VIEW ping_results_report');
    await runner.query(
      `DROP TABLE rollup_redo, rollup_dirty, rollup_progress, snmp_results, ping_1h, ping_5m, ping_results, state_events,
         vantage_points, probe_drivers, snmp_item_state, device_state, maintenance_windows, monitoring_items,
         device_templates, template_items, templates, group_members, groups, devices, profiles, credentials, secret_keys, sites`,
    );
    await runner.query(
      `ALTER TABLE cycles DROP COLUMN interval_seconds, DROP COLUMN started_at, DROP COLUMN duration_ms, DROP COLUMN targets,
         DROP COLUMN answered, DROP COLUMN failed, DROP COLUMN unknown, DROP COLUMN candidates, DROP COLUMN lost,
         DROP COLUMN explained`,
    );
  }
}

const TIMES = 'created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now()';

const INVENTORY = [
  `CREATE TABLE sites (
     id uuid NOT NULL DEFAULT gen_random_uuid(),
     name text NOT NULL,
     region text,
     branch text,
     latitude double precision,
     longitude double precision,
     parent_id uuid,
     ${TIMES},
     CONSTRAINT sites_pkey PRIMARY KEY (id),
     CONSTRAINT sites_name_key UNIQUE (name),
     CONSTRAINT sites_parent_fkey FOREIGN KEY (parent_id) REFERENCES sites (id) ON DELETE SET NULL
   )`,
  // One row a key that sealed values exist under: "verifier" is a known text sealed with it, so that a wrong key is told from a lost one.
  `CREATE TABLE secret_keys (
     id text NOT NULL,
     verifier bytea NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT secret_keys_pkey PRIMARY KEY (id)
   )`,
  // What is not secret of one is beside it, so that who lists them opens nothing.
  `CREATE TABLE credentials (
     id uuid NOT NULL DEFAULT gen_random_uuid(),
     name text NOT NULL,
     kind text NOT NULL,
     user_name text,
     auth_protocol text,
     priv_protocol text,
     key_id text NOT NULL,
     sealed bytea NOT NULL,
     ${TIMES},
     CONSTRAINT credentials_pkey PRIMARY KEY (id),
     CONSTRAINT credentials_name_key UNIQUE (name),
     CONSTRAINT credentials_kind_check CHECK (kind IN ('snmp_v2c', 'snmp_v3')),
     CONSTRAINT credentials_key_fkey FOREIGN KEY (key_id) REFERENCES secret_keys (id)
   )`,
  // Null intervals follow the settings.
  `CREATE TABLE profiles (
     id uuid NOT NULL DEFAULT gen_random_uuid(),
     name text NOT NULL,
     description text,
     mode text NOT NULL DEFAULT 'standalone',
     is_default boolean NOT NULL DEFAULT false,
     ping_interval_seconds integer,
     packets integer NOT NULL DEFAULT 3,
     timeout_ms integer NOT NULL DEFAULT 900,
     down_after integer NOT NULL DEFAULT 2,
     up_after integer NOT NULL DEFAULT 2,
     snmp_interval_seconds integer,
     flap_low_percent real NOT NULL DEFAULT 25,
     flap_high_percent real NOT NULL DEFAULT 30,
     ${TIMES},
     CONSTRAINT profiles_pkey PRIMARY KEY (id),
     CONSTRAINT profiles_name_key UNIQUE (name),
     CONSTRAINT profiles_mode_check CHECK (mode IN ('standalone', 'snmp_only'))
   )`,
  'CREATE UNIQUE INDEX profiles_default_idx ON profiles (is_default) WHERE is_default',
  `INSERT INTO profiles (name, description, is_default) VALUES ('Standard', 'For devices that name no other profile', true)`,
  `CREATE TABLE devices (
     id uuid NOT NULL DEFAULT gen_random_uuid(),
     num integer GENERATED ALWAYS AS IDENTITY,
     name text NOT NULL,
     ip text NOT NULL,
     hostname text,
     vendor text,
     device_type text,
     device_subtype text,
     model text,
     location text,
     description text,
     enabled boolean NOT NULL DEFAULT true,
     site_id uuid,
     profile_id uuid NOT NULL,
     parent_id uuid,
     check_kind text NOT NULL DEFAULT 'icmp',
     port integer,
     url text,
     expected_status text,
     expected_body text,
     refused_is_up boolean NOT NULL DEFAULT false,
     verify_tls boolean NOT NULL DEFAULT true,
     duplicate_allowed boolean NOT NULL DEFAULT false,
     tags text[] NOT NULL DEFAULT '{}',
     custom_fields jsonb NOT NULL DEFAULT '{}',
     snmp_credential_id uuid,
     snmp_port integer NOT NULL DEFAULT 161,
     discovered_at timestamptz,
     ${TIMES},
     CONSTRAINT devices_pkey PRIMARY KEY (id),
     CONSTRAINT devices_num_key UNIQUE (num),
     CONSTRAINT devices_check_kind_check CHECK (check_kind IN ('icmp', 'tcp', 'http')),
     CONSTRAINT devices_site_fkey FOREIGN KEY (site_id) REFERENCES sites (id),
     CONSTRAINT devices_profile_fkey FOREIGN KEY (profile_id) REFERENCES profiles (id),
     CONSTRAINT devices_parent_fkey FOREIGN KEY (parent_id) REFERENCES devices (id) ON DELETE SET NULL,
     CONSTRAINT devices_snmp_credential_fkey FOREIGN KEY (snmp_credential_id) REFERENCES credentials (id)
   )`,
  'CREATE UNIQUE INDEX devices_ip_key ON devices (ip) WHERE NOT duplicate_allowed',
  'CREATE INDEX devices_ip_idx ON devices (ip, id)',
  'CREATE INDEX devices_created_idx ON devices (created_at, id)',
  'CREATE INDEX devices_updated_idx ON devices (updated_at, id)',
  'CREATE INDEX devices_name_idx ON devices (name, id)',
  'CREATE INDEX devices_site_idx ON devices (site_id)',
  'CREATE INDEX devices_parent_idx ON devices (parent_id)',
  'CREATE INDEX devices_profile_idx ON devices (profile_id)',
  'CREATE INDEX devices_vendor_idx ON devices (vendor) WHERE enabled',
  'CREATE INDEX devices_tags_idx ON devices USING gin (tags)',
  // Either a selector, or members.
  `CREATE TABLE groups (
     id uuid NOT NULL DEFAULT gen_random_uuid(),
     name text NOT NULL,
     description text,
     selector jsonb,
     ${TIMES},
     CONSTRAINT groups_pkey PRIMARY KEY (id),
     CONSTRAINT groups_name_key UNIQUE (name)
   )`,
  `CREATE TABLE group_members (
     group_id uuid NOT NULL,
     device_id uuid NOT NULL,
     CONSTRAINT group_members_pkey PRIMARY KEY (group_id, device_id),
     CONSTRAINT group_members_group_fkey FOREIGN KEY (group_id) REFERENCES groups (id) ON DELETE CASCADE,
     CONSTRAINT group_members_device_fkey FOREIGN KEY (device_id) REFERENCES devices (id) ON DELETE CASCADE
   )`,
  'CREATE INDEX group_members_device_idx ON group_members (device_id)',
  `CREATE TABLE templates (
     id uuid NOT NULL DEFAULT gen_random_uuid(),
     name text NOT NULL,
     description text,
     ${TIMES},
     CONSTRAINT templates_pkey PRIMARY KEY (id),
     CONSTRAINT templates_name_key UNIQUE (name)
   )`,
  `CREATE TABLE template_items (
     id uuid NOT NULL DEFAULT gen_random_uuid(),
     template_id uuid NOT NULL,
     name text NOT NULL,
     oid text NOT NULL,
     value_type text NOT NULL DEFAULT 'number',
     transform text NOT NULL DEFAULT 'none',
     units text,
     interval_seconds integer,
     CONSTRAINT template_items_pkey PRIMARY KEY (id),
     CONSTRAINT template_items_name_key UNIQUE (template_id, name),
     CONSTRAINT template_items_template_fkey FOREIGN KEY (template_id) REFERENCES templates (id) ON DELETE CASCADE
   )`,
  `CREATE TABLE device_templates (
     device_id uuid NOT NULL,
     template_id uuid NOT NULL,
     CONSTRAINT device_templates_pkey PRIMARY KEY (device_id, template_id),
     CONSTRAINT device_templates_device_fkey FOREIGN KEY (device_id) REFERENCES devices (id) ON DELETE CASCADE,
     CONSTRAINT device_templates_template_fkey FOREIGN KEY (template_id) REFERENCES templates (id) ON DELETE CASCADE
   )`,
  'CREATE INDEX device_templates_template_idx ON device_templates (template_id)',
  `CREATE TABLE monitoring_items (
     id uuid NOT NULL DEFAULT gen_random_uuid(),
     num integer GENERATED ALWAYS AS IDENTITY,
     device_id uuid NOT NULL,
     template_item_id uuid,
     name text NOT NULL,
     oid text NOT NULL,
     value_type text NOT NULL DEFAULT 'number',
     transform text NOT NULL DEFAULT 'none',
     units text,
     interval_seconds integer,
     enabled boolean NOT NULL DEFAULT true,
     ${TIMES},
     CONSTRAINT monitoring_items_pkey PRIMARY KEY (id),
     CONSTRAINT monitoring_items_num_key UNIQUE (num),
     CONSTRAINT monitoring_items_name_key UNIQUE (device_id, name),
     CONSTRAINT monitoring_items_value_type_check CHECK (value_type IN ('number', 'text')),
     CONSTRAINT monitoring_items_transform_check CHECK (transform IN ('none', 'rate')),
     CONSTRAINT monitoring_items_device_fkey FOREIGN KEY (device_id) REFERENCES devices (id) ON DELETE CASCADE,
     CONSTRAINT monitoring_items_template_item_fkey FOREIGN KEY (template_item_id) REFERENCES template_items (id) ON DELETE CASCADE
   )`,
  'CREATE INDEX monitoring_items_template_item_idx ON monitoring_items (template_item_id)',
  `CREATE TABLE maintenance_windows (
     id uuid NOT NULL DEFAULT gen_random_uuid(),
     name text NOT NULL,
     description text,
     scope jsonb NOT NULL,
     starts_at timestamptz NOT NULL,
     ends_at timestamptz NOT NULL,
     rrule text,
     timezone text NOT NULL DEFAULT 'UTC',
     collect boolean NOT NULL DEFAULT true,
     counts_as_downtime boolean NOT NULL DEFAULT false,
     enabled boolean NOT NULL DEFAULT true,
     created_by text,
     ${TIMES},
     CONSTRAINT maintenance_windows_pkey PRIMARY KEY (id),
     CONSTRAINT maintenance_windows_order_check CHECK (ends_at > starts_at)
   )`,
];

const PROBES = [
  // What a turn did; null for turns of other work. `candidates` and `lost` are what blindness is judged by.
  `ALTER TABLE cycles
     ADD COLUMN interval_seconds integer,
     ADD COLUMN started_at timestamptz,
     ADD COLUMN duration_ms integer,
     ADD COLUMN targets integer,
     ADD COLUMN answered integer,
     ADD COLUMN failed integer,
     ADD COLUMN unknown integer,
     ADD COLUMN candidates integer,
     ADD COLUMN lost integer,
     ADD COLUMN explained integer`,
  // One row a device, rewritten every cycle: room in the page keeps such updates off the indexes (HOT).
  `CREATE TABLE device_state (
     device_num integer NOT NULL,
     state text NOT NULL,
     last_known_state text,
     hard boolean NOT NULL DEFAULT true,
     fails integer NOT NULL DEFAULT 0,
     oks integer NOT NULL DEFAULT 0,
     pending_since timestamptz,
     since timestamptz NOT NULL,
     event_at timestamptz,
     down_since timestamptz,
     cause text NOT NULL,
     last_at timestamptz,
     fresh_until timestamptz,
     last_ok_at timestamptz,
     outcome text,
     error text,
     sent integer,
     received integer,
     loss_percent real,
     rtt_min real,
     rtt_avg real,
     rtt_max real,
     jitter real,
     detail jsonb,
     in_maintenance boolean NOT NULL DEFAULT false,
     maintenance_until timestamptz,
     excused boolean NOT NULL DEFAULT false,
     blind boolean NOT NULL DEFAULT false,
     flapping boolean NOT NULL DEFAULT false,
     history integer NOT NULL DEFAULT 0,
     history_length integer NOT NULL DEFAULT 0,
     ring_at integer[] NOT NULL DEFAULT '{}',
     ring_loss real[] NOT NULL DEFAULT '{}',
     ring_rtt real[] NOT NULL DEFAULT '{}',
     CONSTRAINT device_state_pkey PRIMARY KEY (device_num),
     CONSTRAINT device_state_state_check CHECK (state IN ('up', 'down', 'unknown', 'unreachable')),
     CONSTRAINT device_state_device_fkey FOREIGN KEY (device_num) REFERENCES devices (num) ON DELETE CASCADE
   ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500,
           autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0.2)`,
  `CREATE TABLE snmp_item_state (
     item_num integer NOT NULL,
     at timestamptz,
     value double precision,
     text_value text,
     raw text,
     uptime_ticks bigint,
     error text,
     error_detail text,
     error_since timestamptz,
     CONSTRAINT snmp_item_state_pkey PRIMARY KEY (item_num),
     CONSTRAINT snmp_item_state_item_fkey FOREIGN KEY (item_num) REFERENCES monitoring_items (num) ON DELETE CASCADE
   ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0)`,
  'CREATE INDEX snmp_item_state_error_idx ON snmp_item_state (item_num) WHERE error IS NOT NULL',
  `CREATE TABLE probe_drivers (
     worker text NOT NULL,
     driver text NOT NULL,
     ok boolean NOT NULL,
     code text,
     message text,
     checked_at timestamptz NOT NULL,
     CONSTRAINT probe_drivers_pkey PRIMARY KEY (worker, driver)
   )`,
  `CREATE TABLE vantage_points (
     name text NOT NULL,
     blind boolean NOT NULL DEFAULT false,
     reason text,
     since timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT vantage_points_pkey PRIMARY KEY (name)
   )`,
  `INSERT INTO vantage_points (name) VALUES ('default')`,
];

const HISTORY = [
  // The truth for availability reports. No foreign key: history outlives the device.
  `CREATE TABLE state_events (
     id bigint GENERATED ALWAYS AS IDENTITY,
     device_num integer NOT NULL,
     at timestamptz NOT NULL,
     from_state text,
     to_state text NOT NULL,
     in_maintenance boolean NOT NULL DEFAULT false,
     excused boolean NOT NULL DEFAULT false,
     blind boolean NOT NULL DEFAULT false,
     cause text NOT NULL,
     detail text,
     recorded_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT state_events_pkey PRIMARY KEY (id)
   )`,
  'CREATE INDEX state_events_device_idx ON state_events (device_num, at DESC, id DESC)',
  'CREATE INDEX state_events_at_idx ON state_events (at)',
  `CREATE TABLE ping_results (
     ts timestamptz NOT NULL,
     device_num integer NOT NULL,
     sent smallint NOT NULL,
     received smallint NOT NULL,
     status smallint NOT NULL,
     rtt_min real,
     rtt_avg real,
     rtt_max real,
     jitter real
   ) PARTITION BY RANGE (ts)`,
  'CREATE INDEX ping_results_device_idx ON ping_results (device_num, ts DESC)',
  'CREATE INDEX ping_results_ts_idx ON ping_results USING brin (ts)',
  ...['ping_5m', 'ping_1h'].flatMap((table) => [
    `CREATE TABLE ${table} (
       bucket timestamptz NOT NULL,
       device_num integer NOT NULL,
       cycles integer NOT NULL,
       sent integer NOT NULL,
       received integer NOT NULL,
       seconds_up real NOT NULL,
       seconds_down real NOT NULL,
       seconds_unknown real NOT NULL,
       seconds_maintenance real NOT NULL,
       rtt_min real,
       rtt_avg real,
       rtt_max real,
       rtt_p95 real,
       CONSTRAINT ${table}_pkey PRIMARY KEY (device_num, bucket)
     ) PARTITION BY RANGE (bucket)`,
    `CREATE INDEX ${table}_bucket_idx ON ${table} USING brin (bucket)`,
  ]),
  `CREATE TABLE snmp_results (
     ts timestamptz NOT NULL,
     item_num integer NOT NULL,
     value double precision,
     status smallint NOT NULL
   ) PARTITION BY RANGE (ts)`,
  'CREATE INDEX snmp_results_item_idx ON snmp_results (item_num, ts DESC)',
  'CREATE INDEX snmp_results_ts_idx ON snmp_results USING brin (ts)',
  // Buckets before `sealed_until` are being or were rolled up: who writes into one says so in `rollup_dirty`.
  `CREATE TABLE rollup_progress (
     name text NOT NULL,
     sealed_until timestamptz NOT NULL,
     done_until timestamptz NOT NULL,
     updated_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT rollup_progress_pkey PRIMARY KEY (name)
   )`,
  `CREATE TABLE rollup_dirty (
     bucket timestamptz NOT NULL,
     CONSTRAINT rollup_dirty_pkey PRIMARY KEY (bucket)
   )`,
  // Marks that the rollup job took over from `rollup_dirty`, until it has done them. Nobody else writes here.
  `CREATE TABLE rollup_redo (
     bucket timestamptz NOT NULL,
     CONSTRAINT rollup_redo_pkey PRIMARY KEY (bucket)
   )`,
  // The old system's column names, for reports written against it.
  `CREATE VIEW ping_results_report AS
     SELECT d.ip AS device_ip, d.name AS device_name, r.sent AS packets_sent, r.received AS packets_received,
            CASE WHEN r.sent > 0 THEN (r.sent - r.received) * 100.0 / r.sent END AS packet_loss_percent,
            r.rtt_min AS min_rtt_ms, r.rtt_avg AS avg_rtt_ms, r.rtt_max AS max_rtt_ms,
            r.status = 0 AS is_reachable, r.ts AS "timestamp", r.device_num
     FROM ping_results r LEFT JOIN devices d ON d.num = r.device_num`,
];
