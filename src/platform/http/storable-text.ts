/** Whether PostgreSQL can store the text: NUL fits in no text, half a surrogate pair in no JSON. */
export function isStorable(text: string): boolean {
  return !/[\0\p{Surrogate}]/u.test(text);
}

/** The beginning of a text as it can be stored: at most `max` UTF-16 units, cut between characters. */
export function storableStart(text: string, max: number): string {
  // The cut itself may halve a pair.
  return text
    .replaceAll('\0', '')
    .slice(0, max)
    .replace(/\p{Surrogate}+$/u, '')
    .replace(/\p{Surrogate}/gu, '\ufffd');
}

/** Control characters, line breaks and what turns the direction of text: they make one line look like another. */
const OFF_LINE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

/** Whether a text is one line of characters that are shown. */
export function isOneLine(text: string): boolean {
  return !OFF_LINE.test(text);
}

/** As {@link isOneLine}, of any number of lines; tabs are shown as well. */
export function isPlainText(text: string): boolean {
  return isOneLine(text.replace(/[\t\n\r]/g, ''));
}
