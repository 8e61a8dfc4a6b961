import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ProblemException } from '../../../platform/http/problem.js';
import { STALE_SINCE, STATE_NOW } from '../../state/stale-state.js';
import type { DeviceStateDto } from './device-reports.dto.js';

type Times = 'since' | 'down_since' | 'last_at' | 'last_ok_at';
type Flags = 'in_maintenance' | 'excused' | 'blind' | 'flapping';
type StateRow = Omit<DeviceStateDto, Times | Flags | 'state' | 'samples'> & {
  [K in Times]: Date | null;
} & { [K in Flags]: boolean | null } & {
  state: DeviceStateDto['state'] | null;
  ring_at: number[] | null;
  ring_loss: (number | null)[] | null;
  ring_rtt: (number | null)[] | null;
};

const STATE_OF = `
  SELECT d.id AS device_id, d.name, d.ip, d.enabled, ${STATE_NOW} AS state, st.last_known_state, st.hard, st.fails, st.oks,
         coalesce(${STALE_SINCE}, st.since) AS since, st.down_since, CASE WHEN ${STALE_SINCE} IS NOT NULL THEN 'not_probed' ELSE st.cause END AS cause,
         st.last_at, st.last_ok_at, st.outcome, st.error, st.sent, st.received, st.loss_percent, st.rtt_min AS rtt_min_ms,
         st.rtt_avg AS rtt_avg_ms, st.rtt_max AS rtt_max_ms, st.jitter AS jitter_ms, st.detail, st.in_maintenance, st.excused, st.blind,
         st.flapping, st.ring_at, st.ring_loss, st.ring_rtt
  FROM devices d LEFT JOIN device_state st ON st.device_num = d.num
  WHERE d.id = $1`;

/** Samples older than this are not told: the ring keeps the last ones, however long ago they were. */
const SAMPLES_MS = 10 * 60_000;

/** What is known of a device now. */
@Injectable()
export class DeviceStateReader {
  constructor(private readonly database: DataSource) {}

  /** @throws ProblemException `device_not_found` */
  async one(id: string, now: number): Promise<DeviceStateDto> {
    const [row] = await this.database.query<StateRow[]>(STATE_OF, [id]);
    if (!row) throw new ProblemException('device_not_found');
    const { ring_at, ring_loss, ring_rtt, ...rest } = row;
    return {
      ...rest,
      state: row.state ?? 'unknown',
      since: asText(row.since),
      down_since: asText(row.down_since),
      last_at: asText(row.last_at),
      last_ok_at: asText(row.last_ok_at),
      in_maintenance: row.in_maintenance ?? false,
      excused: row.excused ?? false,
      blind: row.blind ?? false,
      flapping: row.flapping ?? false,
      samples: (ring_at ?? [])
        .map((seconds, index) => ({
          at: new Date(seconds * 1_000).toISOString(),
          rtt_ms: ring_rtt?.[index] ?? null,
          loss_percent: ring_loss?.[index] ?? null,
        }))
        .filter(({ at }) => Date.parse(at) >= now - SAMPLES_MS),
    };
  }
}

function asText(time: Date | null): string | null {
  return time?.toISOString() ?? null;
}
