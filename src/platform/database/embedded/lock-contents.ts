/** What the lock file says about the process that holds it, one JSON object. */
export interface LockContents {
  pid: number;
  /** Identity of the process beyond its reusable id, undefined where the system does not tell. */
  started: string | undefined;
  /** ISO 8601. */
  since: string;
  /** The folder that the product was started in. */
  from: string;
}

/** @returns undefined when the text is not a lock of ours */
export function parseLock(text: string): LockContents | undefined {
  let value: Partial<Record<keyof LockContents, unknown>>;
  try {
    value = JSON.parse(text) as typeof value;
  } catch {
    return undefined;
  }
  if (value === null || !Number.isInteger(value.pid)) return undefined;
  return {
    pid: value.pid as number,
    started: typeof value.started === 'string' ? value.started : undefined,
    since: String(value.since),
    from: String(value.from),
  };
}

export function refusal(folder: string, holder: LockContents): string {
  return (
    `Swarmward runs already on the data folder ${folder}: process ${holder.pid}, started in ${holder.from}, since ${holder.since}. ` +
    'Stop that one first, or set SWARMWARD_DATA_DIR and PORT to run a second one beside it.'
  );
}
