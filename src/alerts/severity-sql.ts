import { SEVERITIES } from './severity.js';

/** What lists are sorted by: the worst last, so that `-severity` begins with them. @param column such as `a.severity` */
export const severityOrder = (column: string): string =>
  `coalesce(-array_position(ARRAY['${SEVERITIES.join("','")}'], ${column}), 0)`;
