import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ackKey } from '../engine/fingerprint.js';
import type { LeftAck, Silence, StoredAlert } from '../engine/pass.js';
import { RULE_COLUMNS } from './stored-rule.js';

/** More are not read, and not opened: what nobody can look through helps nobody. */
export const MAX_OPEN_ALERTS = 50_000;
const MAX_SILENCES = 1_000;
const MAX_LEFT_ACKS = 10_000;

/** What alerts were when a pass began, all as of one moment. */
export interface Situation {
  /** The database's clock, ms since the epoch. Whole, like all instants that a pass writes. */
  now: number;
  open: StoredAlert[];
  silences: Silence[];
  leftAcks: Map<string, LeftAck>;
  /** Every rule, with `RULE_COLUMNS`; null when they were not asked for. */
  rules: object[] | null;
}

const ms = (column: string): string => `extract(epoch FROM ${column})::float8 * 1000`;

/** Every part of what is read of an open alert as a column of its own: 10,000 alerts are one row. */
const OPEN_COLUMNS = {
  id: 'id',
  // Changes with every change of the row, whoever makes it.
  rowVersion: 'xmin::text::float8',
  fingerprint: 'fingerprint',
  // Null when it is deleted.
  ruleId: 'CASE WHEN rule_id IN (SELECT id FROM alert_rules) THEN rule_id END',
  targetKind: 'target_kind',
  targetKey: 'target_key',
  deviceNum: 'device_num',
  faceKey: 'face_key',
  labels: 'CASE WHEN device_num IS NULL THEN labels END',
  value: 'value',
  summary: 'summary',
  state: 'state',
  beganAt: ms('coalesce(began_at, pending_since)'),
  pendingSince: ms('pending_since'),
  firedAt: ms('fired_at'),
  clearSince: ms('clear_since'),
  recoveringSince: ms('recovering_since'),
  suppressedBy: 'suppressed_by',
  suppressedId: 'suppressed_id',
  announcedAt: ms('announced_at'),
  evaluatedAt: ms('evaluated_at'),
  // Few alerts are acknowledged.
  ack: `CASE WHEN ack_at IS NOT NULL THEN json_build_object('by', ack_by, 'at', ${ms('ack_at')}, 'until', ${ms('ack_until')},
    'sticky', ack_sticky, 'comment', ack_comment) END`,
} as const;
type OpenColumns = { [K in keyof typeof OPEN_COLUMNS]: unknown[] | null };

/** The rows of `alerts` that are open, by a partial index. */
export const OPEN_ALERTS = `SELECT *, xmin FROM alerts WHERE state <> 'resolved' ORDER BY id LIMIT ${MAX_OPEN_ALERTS}`;
const OPEN = `SELECT ${Object.entries(OPEN_COLUMNS)
  .map(([name, sql]) => `json_agg(${sql}) AS "${name}"`)
  .join(', ')} FROM (${OPEN_ALERTS}) a`;

const SILENCES = `SELECT json_agg(json_build_object('id', id, 'matchers', matchers, 'startsAt', ${ms('starts_at')}, 'endsAt', ${ms('ends_at')})
    ORDER BY ends_at, id)
  FROM (SELECT * FROM silences WHERE ends_at > now() ORDER BY ends_at, id LIMIT ${MAX_SILENCES}) s`;

/** Without an end an acknowledgement holds for a day after its alert was resolved. The newest of a rule and target comes last. */
const LEFT_ACKS = `SELECT json_agg(json_build_object('ruleId', rule_id, 'targetKind', target_kind, 'targetKey', target_key, 'resolvedAt', ${ms('resolved_at')},
    'ack', json_build_object('by', ack_by, 'at', ${ms('ack_at')}, 'until', ${ms('ack_until')}, 'sticky', true, 'comment', ack_comment))
    ORDER BY resolved_at)
  FROM (SELECT * FROM alerts WHERE ack_sticky AND state = 'resolved' AND rule_id IN (SELECT id FROM alert_rules)
          AND (ack_until > now() OR (ack_until IS NULL AND resolved_at > now() - interval '25 hours'))
        ORDER BY resolved_at DESC LIMIT ${MAX_LEFT_ACKS}) k`;

const RULES = `SELECT json_agg(row_to_json(r)) FROM (SELECT ${RULE_COLUMNS} FROM alert_rules ORDER BY id) r`;

const WARM = `SELECT floor(${ms('now()')}) AS now, (SELECT row_to_json(o) FROM (${OPEN}) o) AS open, (${SILENCES}) AS silences,
  (${LEFT_ACKS}) AS "leftAcks"`;
const COLD = `${WARM}, (${RULES}) AS rules`;

interface SituationRow {
  now: number;
  open: OpenColumns;
  silences: Silence[] | null;
  leftAcks: (LeftAck & { ruleId: string; targetKind: string; targetKey: string })[] | null;
  rules: object[] | null;
}

/** Reads what alerts are. */
@Injectable()
export class SituationStore {
  constructor(private readonly database: DataSource) {}

  /** One statement. @param withRules whether they are not known already */
  async read(withRules: boolean): Promise<Situation> {
    const [row] = await this.database.query<[SituationRow]>(withRules ? COLD : WARM);
    return {
      now: row.now,
      open: openRows(row.open),
      silences: row.silences ?? [],
      leftAcks: new Map(
        (row.leftAcks ?? []).map(({ ruleId, targetKind, targetKey, ...left }) => [
          ackKey(ruleId, targetKind, targetKey),
          left,
        ]),
      ),
      rules: withRules ? (row.rules ?? []) : null,
    };
  }
}

function openRows(columns: OpenColumns): StoredAlert[] {
  const at = <K extends keyof OpenColumns>(name: K, index: number) => columns[name]![index];
  return (columns.id ?? []).map((id, index) => {
    const by = at('suppressedBy', index);
    return {
      id,
      rowVersion: at('rowVersion', index),
      fingerprint: at('fingerprint', index),
      ruleId: at('ruleId', index),
      targetKind: at('targetKind', index),
      targetKey: at('targetKey', index),
      deviceNum: at('deviceNum', index),
      faceKey: at('faceKey', index),
      labels: at('labels', index),
      value: at('value', index),
      summary: at('summary', index),
      state: at('state', index),
      pendingSince: at('pendingSince', index),
      firedAt: at('firedAt', index),
      clearSince: at('clearSince', index),
      recoveringSince: at('recoveringSince', index),
      ack: at('ack', index),
      suppression: by === null ? null : { by, id: at('suppressedId', index) },
      announcedAt: at('announcedAt', index),
      evaluatedAt: at('evaluatedAt', index),
    } as StoredAlert;
  });
}
