import type { MetricDefinition, TargetKind } from '../../metrics/metric.js';

/** A rate is taken over so many minutes: short enough to show a crash loop that has just begun. */
export const RESTART_MINUTES = 10;
/** Of fewer reads a share says nothing. */
export const MIN_READS = 5;

const metric = (name: string, target: TargetKind, unit: string | null, description: string): MetricDefinition => ({
  name: `swarm.${name}`,
  target,
  unit,
  description,
  aggregations: ['last'],
  longestWindowSeconds: null,
  hasHistory: false,
});

/** What rules may ask of a swarm, its nodes and its services. */
export const SWARM_METRICS: readonly MetricDefinition[] = [
  metric(
    'node_down',
    'node',
    '1 or 0',
    'Of each node: 1 when Docker calls it down, that is when its heartbeats have stopped; drained nodes too. Unknown while Docker does ' +
      'not know, as for a moment after a change of leader.',
  ),
  metric(
    'quorum_margin',
    'swarm',
    null,
    'How many more managers may fail before the swarm can no longer be managed; below 0 the majority is lost. Always 0 with one or two managers.',
  ),
  metric(
    'service_missing_replicas',
    'service',
    null,
    'Of each service: how many of its wanted tasks do not run; tasks on a node that is down do not. Not of jobs, which end.',
  ),
  metric(
    'task_restart_rate',
    'service',
    null,
    `Of each service: how many of its tasks ended by themselves a minute, over the last ${RESTART_MINUTES} minutes. At least that many when Docker's history of them was full.`,
  ),
  metric(
    'service_flapping',
    'service',
    '1 or 0',
    'Of each service: 1 while one of its slots fails three times or more in 10 minutes and Docker goes on restarting it. Not of jobs.',
  ),
  metric(
    'update_failed',
    'service',
    '1 or 0',
    'Of each service: 1 when its last update was paused or rolled back, until the next one; a roll-back that somebody asked for looks the same. Not of jobs.',
  ),
  metric(
    'collect_age_seconds',
    'swarm',
    'seconds',
    'How old the picture of the swarm is, from the begin of its collection. Grows when refreshing fails or nobody does it.',
  ),
  metric('collection_seconds', 'swarm', 'seconds', "How long Docker's answers to the last good refresh took."),
  metric('refresh_seconds', 'swarm', 'seconds', 'How long the last refresh took in all, whether it was good or not.'),
  metric('refresh_failures', 'swarm', null, 'How many refreshes have failed in a row; 0 after a good one.'),
  metric(
    'backup_source_percent',
    'swarm',
    'percent',
    'Reads of the picture that the backup tier had to answer, of those of the last 10 to 20 minutes by the process that evaluates rules ' +
      `(in role all those of the API as well). Unknown below ${MIN_READS} reads, and before the first picture.`,
  ),
  metric(
    'miss_percent',
    'swarm',
    'percent',
    'Reads of the picture that no tier of the cache could answer, of those of the last 10 to 20 minutes by the process that evaluates ' +
      `rules (in role all those of the API as well). Unknown below ${MIN_READS} reads, and before the first picture.`,
  ),
];
