import { closeSync, copyFileSync, openSync, readSync, statSync, truncateSync } from 'node:fs';
import { errorCode } from './process.driver.js';

/** PostgreSQL's own log never grows beyond twice this: the file and the one before it. */
const MAX_BYTES = 5_000_000;

/** Copies a log that has grown too large to `<file>.1` and empties it; the server, which appends, writes on undisturbed. */
export function boundLog(file: string): void {
  if (sizeOf(file) <= MAX_BYTES) return;
  copyFileSync(file, `${file}.1`);
  truncateSync(file);
}

/** @returns at most the last 4 kB of what was written after `from` bytes */
export function tailOf(file: string, from = 0): string {
  const size = sizeOf(file);
  const start = Math.max(Math.min(from, size), size - 4_000);
  const buffer = Buffer.alloc(size - start);
  if (buffer.length === 0) return '';
  const handle = openSync(file, 'r');
  try {
    return buffer.subarray(0, readSync(handle, buffer, 0, buffer.length, start)).toString();
  } finally {
    closeSync(handle);
  }
}

export function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 0;
    throw error;
  }
}
