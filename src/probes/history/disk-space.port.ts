/** The disk that history is kept on. */
export abstract class DiskSpace {
  /** How much of it is free, in percent; null when it is not a disk of this machine, or not known. */
  abstract freePercent(): Promise<number | null>;
}
