/** Something that is due at an interval, for one shard. */
export interface WantedSchedule {
  /** Kind of its slots and cycles, such as `ping-30`; names the interval. */
  kind: string;
  intervalSeconds: number;
  shard: number;
}

/** What tells one schedule from another. */
export const scheduleKey = ({ kind, shard }: Pick<WantedSchedule, 'kind' | 'shard'>): string => `${kind}/${shard}`;

/** What must begin and what must end so that what runs is what is wanted. */
export function compareSchedules<T extends WantedSchedule>(
  running: Iterable<string>,
  wanted: readonly T[],
): { begin: T[]; end: string[] } {
  const now = new Set(running);
  const keys = new Set(wanted.map(scheduleKey));
  return {
    begin: wanted.filter((schedule) => !now.has(scheduleKey(schedule))),
    end: [...now].filter((key) => !keys.has(key)),
  };
}
