import type { StreamEventName } from '../platform/events/stream-catalogue.js';
import type { KeptEvent } from './event-ring.js';

/** What a client wants to hear. */
export interface StreamFilter {
  /** Null: everything. */
  events: ReadonlySet<StreamEventName> | null;
  /** Of what is about devices only what is about this one; null: all of them. */
  device: string | null;
}

/** Whether a client is told an event. A `reset` cannot be filtered out: it says that something is missing. */
export function wants({ events, device }: StreamFilter, event: Pick<KeptEvent, 'name' | 'device'>): boolean {
  if (event.name === 'reset') return true;
  if (events && !events.has(event.name)) return false;
  return device === null || event.device === null || event.device === device;
}
