/**
 * How the refreshes of the swarm go, kept apart from the picture so that a failure never overwrites good data.
 * Times ISO-8601 UTC.
 */
export interface RefreshRecord {
  lastAttemptAt: string | null;
  lastSuccessAt: string | null;
  /** What went wrong last, in words that say what to do; null after a success. */
  lastError: string | null;
  /** Stable code of {@link lastError}, for example `docker_timeout`. */
  lastErrorCode: string | null;
  consecutiveFailures: number;
  /** Of the last attempt. */
  durationSeconds: number | null;
}

export const NO_REFRESH_YET: RefreshRecord = {
  lastAttemptAt: null,
  lastSuccessAt: null,
  lastError: null,
  lastErrorCode: null,
  consecutiveFailures: 0,
  durationSeconds: null,
};

export interface Attempt {
  at: Date;
  durationSeconds: number;
}

export function afterSuccess({ at, durationSeconds }: Attempt): RefreshRecord {
  const time = at.toISOString();
  return { ...NO_REFRESH_YET, lastAttemptAt: time, lastSuccessAt: time, durationSeconds };
}

export function afterFailure(
  before: RefreshRecord,
  { at, durationSeconds }: Attempt,
  error: { code: string; message: string },
): RefreshRecord {
  return {
    lastAttemptAt: at.toISOString(),
    lastSuccessAt: before.lastSuccessAt,
    lastError: error.message,
    lastErrorCode: error.code,
    consecutiveFailures: before.consecutiveFailures + 1,
    durationSeconds,
  };
}
