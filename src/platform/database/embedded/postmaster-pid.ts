/** The first lines of PostgreSQL's `postmaster.pid`; the format is fixed in its `miscadmin.h` (LOCK_FILE_LINE_*). */
export interface PostmasterPid {
  pid: number;
  /** Folder of the socket, once it is open. */
  socketFolder: string | undefined;
}

/** @returns undefined when the file is cut off or not understood */
export function parsePostmasterPid(text: string): PostmasterPid | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 1) return undefined;
  return { pid, socketFolder: lines[4] || undefined };
}
