import { notReported, type ProbeResult, type ProbeTarget } from './probe-driver.port.js';

/**
 * Probes targets one by one, some at once, for drivers that have no batches of their own. When `signal` is aborted it answers at
 * once with what is there, and every probe under way is told to stop.
 *
 * @param probe gets a signal of its own, so that ten thousand of them do not all listen to one; its error makes its target unknown
 * @returns one result for each target, in their order
 */
export async function probeEach(
  targets: readonly ProbeTarget[],
  { signal, atOnce }: { signal: AbortSignal; atOnce: number },
  probe: (target: ProbeTarget, stop: AbortSignal) => Promise<ProbeResult>,
): Promise<ProbeResult[]> {
  const results = targets.map(({ num }) => notReported(num));
  const underWay = new Set<AbortController>();
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < targets.length && !signal.aborted) {
      const index = next++;
      const target = targets[index]!;
      const stop = new AbortController();
      underWay.add(stop);
      try {
        const result = await probe(target, stop.signal);
        if (!signal.aborted) results[index] = result;
      } catch (error) {
        if (!signal.aborted) results[index] = { ...notReported(target.num), error: 'internal', detail: said(error) };
      } finally {
        underWay.delete(stop);
      }
    }
  };
  await new Promise<void>((resolve) => {
    const abort = (): void => {
      for (const stop of underWay) stop.abort();
      resolve();
    };
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', abort, { once: true });
    void Promise.all(Array.from({ length: Math.min(atOnce, targets.length) }, work)).then(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    });
  });
  return results.slice();
}

function said(error: unknown): { message: string } {
  return { message: (error instanceof Error ? error.message : String(error)).slice(0, 200) };
}
