import { setImmediate } from 'node:timers/promises';

/** How many rows are worked on before other requests have their turn. */
export const ROWS_A_TURN = 500;

/**
 * A long list in parts, with a turn of the event loop after each: other requests are answered meanwhile.
 * @param size of a part: what is done in some milliseconds
 */
export async function* inTurns<T>(items: Iterable<T>, size = ROWS_A_TURN): AsyncGenerator<T[]> {
  let part: T[] = [];
  for (const item of items) {
    if (part.push(item) < size) continue;
    yield part;
    part = [];
    await setImmediate();
  }
  if (part.length > 0) yield part;
}
