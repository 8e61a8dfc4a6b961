/** Bounds and times of the stream; tests shorten them. */
export class StreamLimits {
  /** Streams open at once, in this process. */
  readonly clients: number = 200;
  readonly clientsPerToken: number = 20;
  /** Events kept for clients that come back. */
  readonly keptEvents: number = 2_000;
  /** An event whose data are longer is told as a `reset`. */
  readonly eventBytes: number = 16_384;
  /** A client that has so much unread is cut. What is replayed to one that comes back is at most half of it. */
  readonly unreadBytes: number = 1_048_576;
  /** Notices that wait for their translation; when there are more, all are told as one `reset`. */
  readonly waitingNotices: number = 500;
  readonly translationMs: number = 5_000;
  /** For so long after the last client left, events are still made and kept for it. */
  readonly lingerMs: number = 300_000;
  readonly heartbeatMs: number = 15_000;
  /** A revoked token is dead everywhere within 30 s; it is looked up again from 20 s on. */
  readonly tokenCheckMs: number = 4_000;
  /** What clients are told to wait before they come back. */
  readonly retryMs: number = 3_000;
}
