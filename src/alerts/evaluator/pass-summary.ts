import type { PassFigures } from './evaluator-status.service.js';

/** What a pass brought, in a line for people; null when nothing changed. */
export function passSummary({ fired, resolved, firing }: PassFigures): string | null {
  if (fired === 0 && resolved === 0) return null;
  const news = [
    ...(fired > 0 ? [`${fired} ${fired === 1 ? 'alert' : 'alerts'} fired`] : []),
    ...(resolved > 0 ? [`${resolved} ${fired > 0 ? '' : resolved === 1 ? 'alert ' : 'alerts '}resolved`] : []),
  ];
  return `${news.join(', ')}; ${firing === 0 ? 'none' : firing} ${firing === 1 ? 'fires' : 'fire'} now`;
}
