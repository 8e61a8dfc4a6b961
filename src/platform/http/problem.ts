import { problemCatalogue, type ProblemCode } from './problem-catalogue.js';

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** One value of a request that was refused, and why. `path` is dotted: `tags.0`. */
export interface InvalidValue {
  path: string;
  message: string;
  /** Where in the text of the value the mistake is, from 0. */
  position?: number;
  /** Of what is wrong there, in characters. */
  length?: number;
  /** Of a file, from 1. */
  line?: number;
  column?: number;
}

/** The body of an error response, RFC 9457. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ProblemCode;
  request_id: string;
  errors?: InvalidValue[];
  /** With `invalid_condition`: what conditions may ask for. */
  metrics?: readonly string[];
}

interface ProblemOptions {
  /** Says what to do; the catalogue's sentence by default. Shown to the client: never put internals here. */
  detail?: string;
  errors?: InvalidValue[];
  metrics?: readonly string[];
  headers?: Record<string, string>;
  cause?: unknown;
}

/**
 * Thrown wherever a request is refused, in pure code too; the edge turns it into a problem response.
 * @example throw new ProblemException('service_not_found', { detail: `There is no service "${id}".` });
 */
export class ProblemException extends Error {
  override readonly name = 'ProblemException';
  readonly errors: InvalidValue[] | undefined;
  readonly metrics: readonly string[] | undefined;
  readonly headers: Record<string, string>;

  constructor(
    readonly code: ProblemCode,
    { detail, errors, metrics, headers = {}, cause }: ProblemOptions = {},
  ) {
    super(detail ?? problemCatalogue[code].detail, { cause });
    this.errors = errors;
    this.metrics = metrics;
    this.headers = headers;
  }

  get status(): number {
    return problemCatalogue[this.code].status;
  }

  toProblem(requestId: string): Problem {
    return {
      type: `urn:swarmward:problem:${this.code}`,
      title: problemCatalogue[this.code].title,
      status: this.status,
      detail: this.message,
      code: this.code,
      request_id: requestId,
      ...(this.errors && { errors: this.errors }),
      ...(this.metrics && { metrics: this.metrics }),
    };
  }
}

/**
 * `validation_failed`, with the first of them as its detail.
 * @param errors at least one
 */
export function invalid(errors: InvalidValue[]): ProblemException {
  const [first] = errors;
  return new ProblemException('validation_failed', { detail: `${first!.path}: ${first!.message}`, errors });
}
