/**
 * Cuts devices into batches of neighbours that can be held at once.
 * @param pieces how many values each has, in the same order
 */
export function* deviceBatches<T>(
  devices: readonly T[],
  pieces: readonly number[],
  most: { pieces: number; devices: number },
): Generator<T[]> {
  let batch: T[] = [];
  let held = 0;
  for (const [place, device] of devices.entries()) {
    const own = pieces[place]!;
    if (batch.length > 0 && (held + own > most.pieces || batch.length >= most.devices)) {
      yield batch;
      batch = [];
      held = 0;
    }
    batch.push(device);
    held += own;
  }
  if (batch.length > 0) yield batch;
}
