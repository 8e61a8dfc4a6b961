/** How a component is judged. `not configured` counts for nothing. */
export type Verdict = 'healthy' | 'degraded' | 'critical' | 'not configured';

export interface ComponentHealth {
  verdict: Verdict;
  /** What the contract shows for it: the verdict, and behind it what a person wants to know. */
  text: string;
}

export const healthy = (note = ''): ComponentHealth => ({ verdict: 'healthy', text: `healthy${note}` });
export const degraded = (reason: string): ComponentHealth => ({ verdict: 'degraded', text: `degraded: ${reason}` });
export const critical = (reason: string): ComponentHealth => ({ verdict: 'critical', text: `critical: ${reason}` });
export const notConfigured = (hint = ''): ComponentHealth => ({
  verdict: 'not configured',
  text: hint ? `not configured: ${hint}` : 'not configured',
});

const RANK: Record<Verdict, number> = { 'not configured': 0, healthy: 0, degraded: 1, critical: 2 };

/** The worst component wins; nothing overwrites a worse verdict. */
export function worst(verdicts: Verdict[]): 'healthy' | 'degraded' | 'critical' {
  const rank = Math.max(0, ...verdicts.map((verdict) => RANK[verdict]));
  return rank === 2 ? 'critical' : rank === 1 ? 'degraded' : 'healthy';
}
