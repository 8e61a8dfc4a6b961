import type { InvalidValue } from '../../platform/http/problem.js';
import { isStorable } from '../../platform/http/storable-text.js';
import { tellable, validationMessage } from '../../platform/http/validation-message.js';
import { createRuleBody, type CreateRuleBody, type RuleChanges } from './rule-fields.js';

/** Far deeper than any rule. */
const MAX_DEPTH = 64;
const FIELDS = Object.keys(createRuleBody.shape);

/** One rule of a list, by the rules of `POST /alert-rules`; the whole of it, so that nothing it leaves out stays as it was. */
export function readRule(
  value: unknown,
): { rule: RuleChanges & Pick<CreateRuleBody, 'name'> } | { errors: InvalidValue[] } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { errors: [{ path: '', message: 'Must be an object with the fields of a rule.' }] };
  }
  if (!isClean(value)) {
    const message = `Holds NUL characters or unpaired surrogates, or is nested deeper than ${MAX_DEPTH} levels.`;
    return { errors: [{ path: '', message }] };
  }
  const result = createRuleBody.safeParse(value, { error: validationMessage });
  if (result.success) return { rule: result.data as RuleChanges & Pick<CreateRuleBody, 'name'> };
  const errors = tellable(result.error.issues).flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [{ path: issue.path.join('.'), message: issue.message }];
    const valid = issue.path.length === 0 ? ` Valid: ${FIELDS.join(', ')}.` : '';
    return issue.keys.slice(0, 20).map((key) => ({
      path: [...issue.path, key].join('.').slice(0, 200),
      message: `Unknown field.${valid}`,
    }));
  });
  return { errors: errors.slice(0, 20) };
}

function isClean(value: unknown, depth = 0): boolean {
  if (typeof value === 'string') return isStorable(value);
  if (typeof value !== 'object' || value === null) return true;
  if (depth >= MAX_DEPTH) return false;
  return Object.entries(value).every(([key, inner]) => isStorable(key) && isClean(inner, depth + 1));
}
