import { worst, type ComponentHealth } from './component-health.js';

export interface ProcessFigures {
  memoryMb: number;
  memoryPercent: number;
  cpuPercent: number;
  eventLoopLagMs: number;
}

/** `GET /api/v1/health`, a verbatim exception to the envelope: its readers exist. */
export function healthDocument(
  report: Map<string, ComponentHealth>,
  {
    version,
    now,
    uptimeSeconds,
    figures,
  }: { version: string; now: Date; uptimeSeconds: number; figures: ProcessFigures },
) {
  const components = Object.fromEntries([...report].map(([name, { text }]) => [name, text]));
  if (components['workers']) components['celery_workers'] = components['workers'];
  return {
    status: worst([...report.values()].map(({ verdict }) => verdict)),
    version,
    timestamp: now.toISOString(),
    uptime_seconds: Math.round(uptimeSeconds * 10) / 10,
    components,
    metrics: {
      memory_mb: figures.memoryMb,
      memory_percent: figures.memoryPercent,
      cpu_percent: figures.cpuPercent,
      event_loop_lag_ms: figures.eventLoopLagMs,
    },
  };
}
