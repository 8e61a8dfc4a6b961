import type { TextProblem } from '../language/condition-problem.js';
import { type Placeholder, PLACEHOLDERS } from './message-facts.js';

/** A longer template says nothing that a person reads at night. */
const TEMPLATE_LENGTH = 2_000;

/** Text and placeholders, in order. There is nothing to run: neither loops nor filters. */
export interface MessageTemplate {
  readonly parts: readonly (string | { placeholder: Placeholder })[];
}

/** A text is no template. */
export class MessageError extends Error {
  constructor(readonly problems: TextProblem[]) {
    super(problems.map(({ position, message }) => `Position ${position}: ${message}`).join(' '));
  }
}

/**
 * Reads a template such as `{{target}} has lost {{value}} %`.
 * @throws MessageError with every mistake and where it is
 */
export function parseMessage(text: string): MessageTemplate {
  if (text.length > TEMPLATE_LENGTH) {
    const message = `A message has at most ${TEMPLATE_LENGTH} characters; this one has ${text.length}.`;
    throw new MessageError([{ position: TEMPLATE_LENGTH, length: text.length - TEMPLATE_LENGTH, message }]);
  }
  const parts: (string | { placeholder: Placeholder })[] = [];
  const problems: TextProblem[] = [];
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf('{{', at);
    const plain = open < 0 ? text.slice(at) : text.slice(at, open);
    const stray = plain.indexOf('}}');
    if (stray >= 0) problems.push({ position: at + stray, length: 2, message: 'Nothing was opened by {{ before it.' });
    if (plain) parts.push(plain);
    if (open < 0) break;
    const close = text.indexOf('}}', open + 2);
    if (close < 0) {
      problems.push({ position: open, length: 2, message: 'Is not closed by }}.' });
      break;
    }
    const name = text.slice(open + 2, close).trim();
    if (isPlaceholder(name)) parts.push({ placeholder: name });
    else problems.push({ position: open, length: close + 2 - open, message: unknown(name) });
    at = close + 2;
  }
  if (problems.length > 0) throw new MessageError(problems);
  return { parts };
}

function isPlaceholder(name: string): name is Placeholder {
  return Object.hasOwn(PLACEHOLDERS, name);
}

function unknown(name: string): string {
  const known = `Known: ${Object.keys(PLACEHOLDERS).join(', ')}.`;
  if (/^[#/^>&!{]|\|/.test(name)) return `There are only placeholders: no blocks, filters or helpers. ${known}`;
  return `There is no placeholder "${name.slice(0, 40)}". ${known}`;
}
