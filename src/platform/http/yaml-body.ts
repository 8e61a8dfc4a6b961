import { ProblemException } from './problem.js';

/** A body of YAML, unread: what stands in it, and on which lines, is for the handler. */
export class YamlBody {
  constructor(readonly text: string) {}

  /** @throws ProblemException `malformed_yaml` for what is no UTF-8 */
  static of(bytes: Buffer): YamlBody {
    try {
      return new YamlBody(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    } catch (error) {
      throw new ProblemException('malformed_yaml', { detail: 'The file is not UTF-8. Save it so.', cause: error });
    }
  }
}

/** What clients call YAML; the first is the registered one. */
export const YAML_TYPES = ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml'];
