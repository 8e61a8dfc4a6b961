/** Who resolved an alert `a` by hand; null when it ended otherwise, or has not. */
export const RESOLVED_BY = `CASE a.resolution WHEN 'manual' THEN (
  SELECT e.actor FROM alert_events e WHERE e.alert_id = a.id AND e.kind = 'resolved' ORDER BY e.id DESC LIMIT 1) END`;
