import { z } from 'zod';

export const probeSchema = z.object({ status: z.enum(['live', 'starting', 'ready', 'draining']) });

export const healthSchema = z.object({
  status: z.enum(['healthy', 'degraded', 'critical']),
  version: z.string(),
  timestamp: z.iso.datetime(),
  uptime_seconds: z.number(),
  components: z
    .record(z.string(), z.string())
    .describe('Verdict of each component, with what to do when it is not healthy'),
  metrics: z.object({
    memory_mb: z.number(),
    memory_percent: z.number(),
    cpu_percent: z.number(),
    event_loop_lag_ms: z.number(),
  }),
});

export const healthExample = {
  status: 'healthy',
  version: '0.1.0',
  timestamp: '2026-11-21T12:00:00.000Z',
  uptime_seconds: 86400,
  components: {
    database: 'healthy',
    redis: 'not configured',
    victoriametrics: 'not configured',
    workers: 'healthy (10 workers)',
    scheduler: 'healthy',
    disk_space: 'healthy: 45.2GB free (75.3%)',
    swarm: 'healthy',
    icmp: 'not configured',
    api: 'healthy',
    celery_workers: 'healthy (10 workers)',
  },
  metrics: { memory_mb: 142.5, memory_percent: 0.6, cpu_percent: 1.2, event_loop_lag_ms: 0.3 },
};

const noDatabase = 'critical: the database does not answer';
export const criticalExample = {
  ...healthExample,
  status: 'critical',
  components: { ...healthExample.components, database: noDatabase },
};
