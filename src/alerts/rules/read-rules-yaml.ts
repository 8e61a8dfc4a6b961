import {
  Composer,
  type CST,
  type Document,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  Parser,
  visit,
} from 'yaml';
import { inTurns } from '../../devices/transfer/in-turns.js';
import { type InvalidValue, ProblemException } from '../../platform/http/problem.js';
import { MAX_RULES } from './alert-rules.store.js';

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
/** A file of 1 MiB of rules has less of it. */
const MAX_LEXEMES = 400_000;
/** Of one rule: it may name 10,000 devices. */
const MAX_ENTRIES = 25_000;
/** Comments and the like outside of the list. */
const MAX_AROUND = 200;
/** What is worked on before other requests have their turn. */
const [LEXEMES_A_TURN, RULES_A_TURN] = [4_000, 20];
/** Explicit tags of what JSON has as well. */
const PLAIN_TAGS = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((tag) => `tag:yaml.org,2002:${tag}`),
);

/**
 * Reads a file of rules: `rules:` with a list. Aliases, tags, repeated keys and deep nesting are refused before they cost anything.
 * Rules are built one by one, so that nobody waits for all of them.
 * @throws ProblemException `malformed_yaml` with line and column
 */
export async function readRulesYaml(text: string): Promise<FileRule[]> {
  const lines = new LineCounter();
  const tokens = await readTokens(text, lines);
  const [, second] = tokens.filter(({ type }) => type === 'document');
  if (second) throw malformedAt({ offset: second.offset, message: 'Must be one document.' }, lines);
  const rules: FileRule[] = [];
  const faults = new Map<string, Fault>();
  for await (const part of inTurns(eachRule(tokens), RULES_A_TURN)) {
    for (const one of part) {
      refuseLong(one, lines);
      const [document] = [...new Composer(OPTIONS).compose(one, true, text.length)];
      // What is outside the list is wrong in each of its rules.
      for (const fault of faultsOf(document!)) faults.set(`${fault.offset} ${fault.message}`, fault);
      if (faults.size === 0) rules.push(...rulesOf(document!, lines));
    }
  }
  refuse([...faults.values()], lines);
  return rules;
}

const OPTIONS = {
  version: '1.2',
  schema: 'core',
  merge: false,
  // Compared by us: the library compares every key with every other.
  uniqueKeys: false,
  stringKeys: true,
  prettyErrors: false,
  logLevel: 'error',
} as const;

function rulesOf(document: Document, lines: LineCounter): FileRule[] {
  const { contents } = document;
  const rules = isMap(contents) ? contents.get('rules', true) : undefined;
  if (!isMap(contents) || !isSeq(rules) || contents.items.length > 1) {
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
async function readTokens(text: string, lines: LineCounter): Promise<CST.Token[]> {
  const parser = new Parser(lines.addNewLine);
  const tokens: CST.Token[] = [];
  let lexemes = 0;
  lines.addNewLine(0);
  for await (const part of inTurns(new Lexer().lex(text), LEXEMES_A_TURN)) {
    for (const lexeme of part) {
      tokens.push(...parser.next(lexeme));
      const deep = parser.stack.length > MAX_DEPTH;
      if (!deep && ++lexemes <= MAX_LEXEMES) continue;
      const message = deep ? `Is nested deeper than ${MAX_DEPTH} levels.` : 'Is too long. Send it in several parts.';
      throw malformedAt({ offset: parser.offset, message }, lines);
    }
  }
  return [...tokens, ...parser.end()];
}

/** The same file once for each rule, with nothing but that in its list. As a whole where it is not plain that this is the same. */
function* eachRule(tokens: readonly CST.Token[]): Generator<CST.Token[]> {
  const place = tokens.findIndex(({ type }) => type === 'document');
  const document = tokens[place] as CST.Document | undefined;
  const map = document?.value;
  const pairs = map && 'items' in map ? (map.items as CST.CollectionItem[]) : [];
  const pair = pairs.find(({ value }) => value !== undefined);
  const list = pair?.value;
  if (!document || !map || !pair || !list || !isPlainList(list)) return yield [...tokens];
  // What each of them is given: more than a head line or two is read once.
  const around = [
    tokens,
    document.start,
    pairs,
    pair.start,
    pair.sep ?? [],
    document.end ?? [],
    'end' in list ? list.end : [],
  ];
  // So is what is refused for its length anyway.
  if (list.items.length > MAX_RULES || around.some((some) => some.length > MAX_AROUND)) return yield [...tokens];
  for (const item of list.items) {
    const start = item.start.filter(({ type }) => type !== 'comma');
    const items = [{ ...item, start }];
    const value = { ...list, items } as CST.Token;
    const contents = { ...map, items: pairs.map((each) => (each === pair ? { ...pair, value } : each)) } as CST.Token;
    yield tokens.with(place, { ...document, value: contents });
  }
}

/** A list with rules, and in brackets with a comma between any two. */
function isPlainList(token: CST.Token): token is CST.BlockSequence | CST.FlowCollection {
  if (token.type === 'block-seq') return token.items.length > 0;
  if (token.type !== 'flow-collection' || token.start.type !== 'flow-seq-start') return false;
  return token.items.length > 0 && token.items.every(isPlainItem);
}

function isPlainItem({ start, key, sep, value }: CST.FlowCollection['items'][number], index: number): boolean {
  const commas = start.filter(({ type }) => type === 'comma').length;
  return value !== undefined && !key && !sep && commas === Math.min(index, 1);
}

function refuseLong(tokens: readonly CST.Token[], lines: LineCounter): void {
  const isLong = tokens.some((token) => token.type === 'document' && countEntries(token.value) > MAX_ENTRIES);
  if (!isLong) return;
  const message = `Has more than ${MAX_ENTRIES} entries. Send it in several parts.`;
  throw malformedAt({ offset: tokens.find(({ type }) => type === 'document')!.offset, message }, lines);
}

function countEntries(token: CST.Token | null | undefined): number {
  if (!token || !('items' in token)) return 0;
  const items = token.items as CST.CollectionItem[];
  return items.reduce((sum, { key, value }) => sum + 1 + countEntries(key) + countEntries(value), 0);
}

function faultsOf(document: Document): Fault[] {
  const told = [...document.errors, ...document.warnings].map(({ pos, message }) => ({ offset: pos[0], message }));
  return told.length > 0 ? told : foreignParts(document);
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
  const inOrder = faults.toSorted((a, b) => a.offset - b.offset);
  throw malformed(inOrder.slice(0, MAX_ERRORS).map((fault) => placed(fault, lines)));
}

function malformedAt(fault: Fault, lines: LineCounter): ProblemException {
  return malformed([placed(fault, lines)]);
}

function placed({ offset, message }: Fault, lines: LineCounter): InvalidValue {
  const { line, col: column } = lines.linePos(offset);
  return { path: '', message, line, column };
}

function malformed(errors: InvalidValue[]): ProblemException {
  const [first] = errors;
  const detail = `Line ${first!.line}, column ${first!.column}: ${first!.message}`;
  return new ProblemException('malformed_yaml', { detail, errors });
}
