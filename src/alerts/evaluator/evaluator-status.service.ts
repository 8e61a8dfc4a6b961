import { Injectable } from '@nestjs/common';
import type { Blindness } from './signal-reader.service.js';

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

/** Values that cannot be read for longer are more than a moment of trouble: rules that ask for them are not judged. */
const BLIND_MS = 15_000;

/** What the evaluator of this process says of itself; in a process that stands by it says nothing. */
@Injectable()
export class EvaluatorStatus {
  private passedAt: number | null = null;
  private figures: PassFigures | null = null;
  private leading = false;
  private failing: number | null = null;

  /** Whether this process is the one that judges. */
  get isLeading(): boolean {
    return this.leading;
  }

  /** Of the last pass that was done whole; null before the first. */
  get lastPass(): PassFigures | null {
    return this.figures;
  }

  /** How many sources of values the last pass could not read; null before the first. */
  get failedSources(): number | null {
    return this.failing;
  }

  /**
   * How long ago the last pass was done that judged every rule, its results written, ms.
   * @param now by performance.now()
   * @returns null where none was: another process judges, or the database is away since the start
   */
  lastPassAgeMs(now: number = performance.now()): number | null {
    return this.passedAt === null ? null : Math.max(0, now - this.passedAt);
  }

  began(): void {
    this.leading = true;
  }

  /**
   * A pass was done.
   * @param at by performance.now()
   * @param blind what it could not read
   */
  passed(figures: PassFigures, at: number, blind: Blindness = { sources: 0, ms: 0 }): void {
    this.figures = figures;
    this.failing = blind.sources;
    if (blind.ms < BLIND_MS) this.passedAt = at;
  }

  /** This process judges no more. */
  ended(): void {
    this.leading = false;
    this.passedAt = null;
    this.figures = null;
    this.failing = null;
  }
}
