/** An id of the stream: `<epoch>-<number>`. The epoch is that of the process: numbers of another one mean nothing here. */
export function eventId(epoch: string, number: number): string {
  return `${epoch}-${number}`;
}

/** @returns the number in an id of this epoch; null for any other text */
export function numberOf(epoch: string, id: string): number | null {
  if (!id.startsWith(`${epoch}-`)) return null;
  const digits = id.slice(epoch.length + 1);
  return /^\d{1,15}$/.test(digits) ? Number(digits) : null;
}

/** One event on the wire. @param data its JSON: that has no line ends, so it is one line */
export function eventFrame(id: string, event: string, data: string): string {
  return `id: ${id}\nevent: ${event}\ndata: ${data}\n\n`;
}

/** When a client that lost its connection should come back. */
export function retryFrame(retryMs: number): string {
  return `retry: ${retryMs}\n\n`;
}

/**
 * No event: a client remembers an `id` alone and dispatches nothing. Sent at the beginning, so that who never saw an event can come
 * back too, and then as a heartbeat, which keeps proxies from closing an idle connection. Its id moves on past events that the client
 * did not ask for, so that it need not come back with one that is long forgotten.
 */
export function heartbeatFrame(id: string): string {
  return `: heartbeat\nid: ${id}\n\n`;
}
