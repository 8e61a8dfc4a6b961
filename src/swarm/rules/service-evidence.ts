import type { EngineService, EngineTask } from '../engine/engine-facts.js';
import type { RememberedFailure, ServiceHealth } from '../picture/swarm-picture.js';
import type { ServiceCounts } from './count-tasks.js';
import type { FlappingSlot } from './flapping.js';
import type { NodesById } from './task-states.js';

/** All that a service is judged by. */
export interface ServiceEvidence {
  service: EngineService;
  /** Of a job only those of its current iteration. */
  tasks: readonly EngineTask[];
  counts: ServiceCounts;
  /** Of the last hour, newest first. */
  failures: readonly RememberedFailure[];
  nodes: NodesById;
  now: Date;
}

/** What came of it. */
export interface Judgement {
  health: ServiceHealth;
  /** The slots that made it `flapping`, or that keep an unfinished job from its end. */
  flapping: FlappingSlot[];
}
