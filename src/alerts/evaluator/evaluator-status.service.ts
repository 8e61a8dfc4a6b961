import { Injectable } from '@nestjs/common';

/** What one pass was and found. */
export interface PassFigures {
  durationMs: number;
  rules: number;
  /** Values that were judged: a rule and one of its targets each. */
  targets: number;
  /** Alerts that fire after it. */
  firing: number;
  pending: number;
  fired: number;
  resolved: number;
}

/** What the evaluator of this process says of itself; in a process that stands by it says nothing. */
@Injectable()
export class EvaluatorStatus {
  private passedAt: number | null = null;
  private figures: PassFigures | null = null;
  private leading = false;

  /** Whether this process is the one that judges. */
  get isLeading(): boolean {
    return this.leading;
  }

  /** Of the last pass that was done whole; null before the first. */
  get lastPass(): PassFigures | null {
    return this.figures;
  }

  /**
   * How long ago the last pass was done, its results written, ms.
   * @param now by performance.now()
   * @returns null where none was: another process judges, or the database is away since the start
   */
  lastPassAgeMs(now: number = performance.now()): number | null {
    return this.passedAt === null ? null : Math.max(0, now - this.passedAt);
  }

  began(): void {
    this.leading = true;
  }

  /** A pass was done. @param at by performance.now() */
  passed(figures: PassFigures, at: number): void {
    this.figures = figures;
    this.passedAt = at;
  }

  /** This process judges no more. */
  ended(): void {
    this.leading = false;
    this.passedAt = null;
    this.figures = null;
  }
}
