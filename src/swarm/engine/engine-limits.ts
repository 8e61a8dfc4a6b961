const MiB = 1024 * 1024;

/** How long the engine client waits and how much it takes in. All times in milliseconds, sizes in bytes. */
export abstract class EngineLimits {
  /** One API call, from the request to the last byte of its answer. */
  readonly callMs: number = 10_000;
  /** `/_ping`, which a healthy engine answers in milliseconds: a silent host must leave time for the next one. */
  readonly pingMs: number = 4_000;
  /** One collection, all hosts and calls together. */
  readonly collectMs: number = 20_000;
  /** How long `/info` may still take once all lists are in: it alone can hang on a sick daemon. */
  readonly infoGraceMs: number = 500;
  /** Answers of `/info`, `/nodes` and `/services`. */
  readonly maxBodyBytes: number = 64 * MiB;
  /** The answer of `/tasks`. */
  readonly maxTasksBytes: number = 1024 * MiB;
  /** One element of a list; the engine itself refuses specs beyond 4 MiB. */
  readonly maxElementBytes: number = 16 * MiB;
  /** One line of the event stream. */
  readonly maxEventBytes: number = MiB;
  /** First and longest pause between two attempts to follow the events; each is jittered. */
  readonly retryFirstMs: number = 1_000;
  readonly retryMaxMs: number = 30_000;
  /** The event stream is opened anew after this time: swarm events are rare, so a dead connection looks like silence. */
  readonly eventsRenewMs: number = 5 * 60_000;
}

/** The limits of the product; tests pass shorter ones. */
export class DefaultEngineLimits extends EngineLimits {}
