/** A mistake in a text. */
export interface TextProblem {
  /** Index into the text, from 0. */
  position: number;
  /** Of what is wrong, in characters; absent when something is missing there. */
  length?: number;
  message: string;
}

/** Where a part of a condition is in its tree, such as `['all', 0, 'metric']`. */
export type ConditionPath = (string | number)[];

/** A mistake in what a condition says, not in how it is written. */
export interface ConditionProblem {
  path: ConditionPath;
  message: string;
}

/** A text is no condition. */
export class ConditionError extends Error {
  constructor(readonly problems: TextProblem[]) {
    super(problems.map(({ position, message }) => `Position ${position}: ${message}`).join(' '));
  }
}
