import { setFlagsFromString } from 'node:v8';

/**
 * Makes V8 collect garbage sooner, for a process that nobody waits for. What a cycle of 10,000 devices reads and writes is garbage
 * right after, but as much of it as was alive would stay until the heap had grown threefold: some 70 MB.
 */
export function keepHeapSmall(): void {
  // The next full collection comes when the old generation is a quarter larger than after the last one.
  setFlagsFromString('--heap-growing-percent=25');
  // The young generation stays as small as it was at the start of the process.
  setFlagsFromString('--semi-space-growth-factor=1');
}
