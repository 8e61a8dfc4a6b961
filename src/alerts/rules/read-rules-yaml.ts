import {
  isCollection,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  parseDocument,
  Parser,
  visit,
  type Document,
} from 'yaml';
import { type InvalidValue, ProblemException } from '../../platform/http/problem.js';

/** One rule of a file. */
export interface FileRule {
  value: unknown;
  /** Where it begins, from 1; null for what came as JSON. */
  line: number | null;
  /** Where a part of it is: `recovery.expression`. */
  lineOf(path: string): number | null;
}

const MAX_ERRORS = 20;
/** The composer recurses, and beyond some hundred levels takes the process with it. A condition needs forty. */
const MAX_DEPTH = 80;
/** A thousand rules have half of it. */
const MAX_LEXEMES = 300_000;
/** Explicit tags of what JSON has as well. */
const PLAIN_TAGS = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((tag) => `tag:yaml.org,2002:${tag}`),
);

/**
 * Reads a file of rules: `rules:` with a list. Aliases, tags, repeated keys and deep nesting are refused before they cost anything.
 * @throws ProblemException `malformed_yaml` with line and column
 */
export function readRulesYaml(text: string): FileRule[] {
  const lines = new LineCounter();
  refuseExcess(text);
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    merge: false,
    // Compared by us: the library compares every key with every other.
    uniqueKeys: false,
    stringKeys: true,
    prettyErrors: false,
    logLevel: 'error',
    lineCounter: lines,
  });
  const faults = [...document.errors, ...document.warnings].map(({ pos, message }) => ({ offset: pos[0], message }));
  refuse(faults, lines);
  refuse(foreignParts(document), lines);
  const rules = isMap(document.contents) ? document.contents.get('rules', true) : undefined;
  if (!isMap(document.contents) || !isSeq(rules) || document.contents.items.length > 1) {
    const message = 'Must be one mapping with nothing but `rules`, a list.';
    throw malformed([{ path: '', message, line: 1, column: 1 }]);
  }
  return rules.items.map((item, index) => {
    const lineAt = (node: unknown): number | null => {
      const start = isScalar(node) || isCollection(node) ? node.range?.[0] : undefined;
      return start === undefined ? null : lines.linePos(start).line;
    };
    const value = isCollection(item) || isScalar(item) ? (item.toJS(document, { maxAliasCount: 0 }) as unknown) : null;
    const line = lineAt(item);
    return {
      value,
      line,
      lineOf: (path) => nearestLine(document, ['rules', index, ...path.split('.')], lineAt) ?? line,
    };
  });
}

/** Of the innermost part of a path that is there. */
function nearestLine(document: Document, path: (string | number)[], lineAt: (node: unknown) => number | null) {
  for (let length = path.length; length > 2; length--) {
    const line = lineAt(document.getIn(path.slice(0, length), true));
    if (line !== null) return line;
  }
  return null;
}

/** The tokens of a text are read without recursion; how deep they nest and how many there are is known before anything is built. */
function refuseExcess(text: string): void {
  const parser = new Parser();
  let lexemes = 0;
  for (const lexeme of new Lexer().lex(text)) {
    for (const _ of parser.next(lexeme));
    const deep = parser.stack.length > MAX_DEPTH;
    if (!deep && ++lexemes <= MAX_LEXEMES) continue;
    const before = text.slice(0, parser.offset).split('\n');
    const message = deep ? `Is nested deeper than ${MAX_DEPTH} levels.` : 'Is too long. Send it in several parts.';
    throw malformed([{ path: '', message, line: before.length, column: before.at(-1)!.length + 1 }]);
  }
}

interface Fault {
  offset: number;
  message: string;
}

/** What YAML can and JSON cannot. */
function foreignParts(document: Document): Fault[] {
  const faults: Fault[] = [];
  const note = (node: { range?: [number, number, number] | null }, message: string): void => {
    faults.push({ offset: node.range?.[0] ?? 0, message });
  };
  visit(document, {
    Alias: (_, node) => note(node, `Aliases are not taken: write out what *${node.source} stands for.`),
    Node: (_, node) => {
      if ('tag' in node && node.tag !== undefined && !PLAIN_TAGS.has(node.tag))
        note(node, `The tag ${node.tag} is not taken.`);
    },
    Map: (_, node) => {
      const keys = new Set<unknown>();
      for (const { key } of node.items) {
        const name = isScalar(key) ? key.value : key;
        if (keys.has(name)) note(isScalar(key) ? key : node, `The key ${String(name).slice(0, 100)} is there twice.`);
        keys.add(name);
      }
    },
  });
  return faults;
}

function refuse(faults: readonly Fault[], lines: LineCounter): void {
  if (faults.length === 0) return;
  throw malformed(
    faults.slice(0, MAX_ERRORS).map(({ offset, message }) => {
      const { line, col: column } = lines.linePos(offset);
      return { path: '', message, line, column };
    }),
  );
}

function malformed(errors: InvalidValue[]): ProblemException {
  const [first] = errors;
  const detail = `Line ${first!.line}, column ${first!.column}: ${first!.message}`;
  return new ProblemException('malformed_yaml', { detail, errors });
}
