import { ConditionError } from './condition-problem.js';

/** A piece of a condition's text. */
export interface Token {
  kind: 'name' | 'number' | 'operator' | 'and' | 'or' | 'not' | '(' | ')' | ',' | 'end';
  /** As it is written; of a name without quotes, of an operator its canonical form. */
  text: string;
  position: number;
  length: number;
  /** Of a number. */
  value?: number;
  /** What follows a number without a space, such as `m` or `%`. */
  unit?: string;
}

// Each is tried where the last token ended; none can backtrack over more than it matched.
const SPACE = /\s+/y;
const NAME = /[A-Za-z_]\w*(?:\.\w+)*/y;
const QUOTED = /\."((?:[^"\\]|\\.)*)"/suy;
const NUMBER = /-?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?/iy;
const UNIT = /[a-z]+|%/iy;
const SYMBOL = /&&|\|\||>=|<=|==|!=|[><=!(),]/y;

const SYMBOLS: Record<string, Token['kind']> = { '&&': 'and', '||': 'or', '!': 'not', '(': '(', ')': ')', ',': ',' };
const WORDS: ReadonlySet<string> = new Set(['and', 'or', 'not']);

/**
 * Cuts a text into tokens, the last of which is `end`.
 * @throws ConditionError at the first character that begins none
 */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const match = (expression: RegExp): RegExpExecArray | null => {
    expression.lastIndex = at;
    const found = expression.exec(text);
    if (found) at += found[0].length;
    return found;
  };
  for (;;) {
    match(SPACE);
    const position = at;
    const add = (token: Omit<Token, 'position' | 'length'>): number =>
      tokens.push({ ...token, position, length: at - position });
    if (position === text.length) {
      add({ kind: 'end', text: '' });
      return tokens;
    }
    const name = match(NAME)?.[0];
    const number = name === undefined ? match(NUMBER)?.[0] : undefined;
    if (name !== undefined) {
      const quoted = match(QUOTED)?.[1];
      const word = name.toLowerCase();
      if (quoted !== undefined) add({ kind: 'name', text: `${name}.${quoted.replace(/\\(.)/gsu, '$1')}` });
      else if (WORDS.has(word)) add({ kind: word as 'and', text: word });
      else add({ kind: 'name', text: name });
    } else if (number !== undefined) {
      add({ kind: 'number', text: number, value: Number(number), unit: match(UNIT)?.[0] ?? '' });
    } else {
      const symbol = match(SYMBOL)?.[0];
      if (symbol === undefined) throw new ConditionError([unreadable(text, position)]);
      add({ kind: SYMBOLS[symbol] ?? 'operator', text: symbol === '=' ? '==' : symbol });
    }
  }
}

function unreadable(text: string, position: number) {
  const sign = String.fromCodePoint(text.codePointAt(position)!);
  if (sign === '"' || text.startsWith('."', position)) {
    const message = 'Only the name of an SNMP item is quoted, and the quotes must end: snmp."CPU load".';
    return { position, length: 1, message };
  }
  return { position, length: sign.length, message: `Unexpected character "${sign}".` };
}
