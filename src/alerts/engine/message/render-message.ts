import { type MessageFacts, PLACEHOLDERS } from './message-facts.js';
import type { MessageTemplate } from './parse-message.js';

/** Longer texts are cut: channels have limits of their own, far above. */
export const MESSAGE_LENGTH = 1_000;

/** The text of an alert: one line, at most {@link MESSAGE_LENGTH} characters. What is put in is never read as a template. */
export function renderMessage({ parts }: MessageTemplate, facts: MessageFacts): string {
  let text = '';
  for (const part of parts) {
    text += typeof part === 'string' ? part : PLACEHOLDERS[part.placeholder](facts);
    if (text.length > MESSAGE_LENGTH) break;
  }
  return oneLine(text);
}

/** Names come from people and from Docker: line breaks and control characters in them do not belong into a summary. */
export function oneLine(text: string): string {
  const line = text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
  if (line.length <= MESSAGE_LENGTH) return line;
  // Not in the middle of a character of two units.
  return `${line.slice(0, MESSAGE_LENGTH - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
