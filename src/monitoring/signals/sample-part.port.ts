import type { Sample } from './sample.js';

/** One thing to measure, apart from the others. The sampler owns rhythm, time limits and failures. */
export abstract class SamplePart {
  /** For the log. */
  abstract readonly name: string;
  /** @throws what looking fails with: its values are unknown then */
  abstract take(): Promise<Sample[]>;
}

/** All of them. */
export class SampleParts {
  constructor(readonly all: readonly SamplePart[]) {}
}
