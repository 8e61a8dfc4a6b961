import { MetricsModule } from '../metrics/metrics.module.js';
import { SelfSignalsModule } from '../monitoring/signals/self-signals.module.js';
import { ProbeSignalsModule } from '../probes/signals/probe-signals.module.js';
import { SwarmSignalsModule } from '../swarm/signals/swarm-signals.module.js';
import type { ImportedModule } from './root.module.js';

/** Whoever offers values that rules may ask for: the API validates rules by them, the scheduler evaluates them. */
export const signalFaces: ImportedModule[] = [MetricsModule, ProbeSignalsModule, SwarmSignalsModule, SelfSignalsModule];
