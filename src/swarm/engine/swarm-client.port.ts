import type { EngineFacts, EngineInfo } from './engine-facts.js';

/** How one Engine API call went; the collector names the slow ones in the log. */
export interface EngineCall {
  /** `ping`, `info`, `nodes`, `services` or `tasks`. */
  call: string;
  durationMs: number;
  bytes: number;
  error: string | null;
}

export type Collection =
  /** All three lists arrived. */
  | { kind: 'facts'; facts: EngineFacts; calls: EngineCall[]; host: string; infoError: string | null }
  /** The engine answered that it is in no swarm: an answer, not a failure. */
  | { kind: 'not-in-swarm'; info: EngineInfo | null; calls: EngineCall[]; host: string };

/** Why a collection failed: `code` is stable, `message` tells a person what to do and holds no secrets. */
export class SwarmCollectionError extends Error {
  override readonly name = 'SwarmCollectionError';
  constructor(
    readonly code:
      | 'docker_not_found'
      | 'docker_permission_denied'
      | 'docker_unreachable'
      | 'docker_timeout'
      | 'docker_bad_answer'
      | 'docker_refused'
      | 'not_a_manager'
      | 'aborted',
    message: string,
    readonly calls: EngineCall[] = [],
  ) {
    super(message);
  }
}

/** A hint that something of swarm scope (node, service) changed, or that the event stream (re)connected. */
export interface SwarmChangeHint {
  reason: 'event' | 'reconnected';
  /** For example `service update`. */
  detail: string;
}

/**
 * The only door to the Docker Engine. Reads only, never `/swarm` (it returns join tokens), never a whole spec.
 * One `collect` makes at most five API calls whatever the size of the swarm: `/_ping` (when the API version is not known
 * yet), `/info`, `/nodes`, `/services?status=true`, `/tasks`, the last four in parallel.
 */
export abstract class SwarmClient {
  /**
   * Collects once. Tries the configured managers in turn, the one that answered last first.
   * @param signal aborts everything under way
   * @throws SwarmCollectionError when a list did not arrive from any manager
   */
  abstract collect(signal: AbortSignal): Promise<Collection>;

  /**
   * Follows `/events` of swarm scope until aborted; reconnects with back-off by itself and reports each reconnection.
   * @returns when the signal fires
   */
  abstract watch(onChange: (hint: SwarmChangeHint) => void, signal: AbortSignal): Promise<void>;
}
