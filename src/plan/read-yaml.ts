/**
 * From text to a YAML document, within bounds. The parser's stages are driven by hand, because only that way
 * depth and size are known before the recursive stage begins.
 */
import {
  Composer,
  type Document,
  isAlias,
  isMap,
  Lexer,
  LineCounter,
  type Node,
  type Pair,
  Parser,
  type YAMLMap,
} from 'yaml';
import type { TextFinding } from './finding.ts';
import { syntaxProblems } from './syntax-problems.ts';

export const planBytesMax = 2 * 1024 * 1024;
const depthMax = 64;
/** Words and signs, of all files of a plan together. */
export const lexemesMax = 400_000;
const aliasesMax = 100;

export interface PlanDocument {
  readonly document: Document.Parsed | undefined;
  readonly lineCounter: LineCounter;
  readonly problems: readonly TextFinding[];
  /** How many words and signs were read. */
  readonly lexemes: number;
}

/** Reads one YAML document. Never throws; what is wrong with the text is in `problems`. */
export function readYaml(text: string, most: number = lexemesMax): PlanDocument {
  const lineCounter = new LineCounter();
  const tokens = readTokens(text, lineCounter, most);
  const { lexemes } = tokens;
  if ('refused' in tokens) return { document: undefined, lineCounter, problems: [tokens.refused], lexemes };
  const composer = new Composer({
    version: '1.2',
    uniqueKeys: false,
    logLevel: 'silent',
    prettyErrors: false,
    lineCounter,
  });
  const [document, second] = [...composer.compose(tokens.accepted, true, text.length)];
  if (document === undefined) return { document: undefined, lineCounter, problems: [emptyPlan], lexemes };
  const problems: TextFinding[] = [...syntaxProblems(document.errors, text)];
  if (second !== undefined) problems.push(secondDocument(second));
  if (document.contents === null && problems.length === 0) problems.push(emptyPlan);
  return { document: document as Document.Parsed, lineCounter, problems, lexemes };
}

type Token = Parameters<Composer['next']>[0];

function readTokens(
  text: string,
  lineCounter: LineCounter,
  most: number,
): { readonly lexemes: number } & (
  | { readonly accepted: readonly Token[] }
  | { readonly refused: TextFinding }
) {
  lineCounter.addNewLine(0);
  const parser = new Parser(lineCounter.addNewLine);
  const accepted: Token[] = [];
  let lexemes = 0;
  let offset = 0;
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) accepted.push(token);
    lexemes += 1;
    if (parser.stack.length > depthMax)
      return { refused: refusal('too-deep', offset, `nested deeper than ${depthMax} levels`), lexemes };
    if (lexemes > most)
      return {
        refused: refusal('too-large', offset, `holds more than ${lexemesMax} words and signs`),
        lexemes,
      };
    offset = parser.offset;
  }
  for (const token of parser.end()) accepted.push(token);
  return { accepted, lexemes };
}

function refusal(id: string, offset: number, message: string): TextFinding {
  const suggestion = 'a plan needs nothing like this; look for a paste that went wrong';
  return { id, severity: 'error', from: offset, to: offset + 1, message, suggestion };
}

const emptyPlan: TextFinding = {
  id: 'empty-plan',
  severity: 'error',
  from: 0,
  to: 1,
  message: 'the plan is empty',
  suggestion: 'run "lifeboat init" to write a first plan',
};

function secondDocument(document: { readonly range?: readonly number[] }): TextFinding {
  const from = document.range?.[0] ?? 0;
  return {
    id: 'yaml-syntax',
    severity: 'error',
    from,
    to: from + 3,
    message: 'a second document begins here',
    expected: 'one plan a file',
    suggestion: 'remove the line "---" or what follows it',
  };
}

/** Plain data of the document, or why there is none. Counts aliases, because few bytes of them can mean gigabytes. */
export function plainData(
  read: PlanDocument,
): { readonly value: unknown } | { readonly problem: TextFinding } {
  try {
    const value: unknown = read.document?.toJS({ maxAliasCount: aliasesMax });
    return isCircular(value, new Set(), new Set()) ? { problem: circularAlias } : { value };
  } catch (error) {
    if (!(error instanceof ReferenceError || error instanceof RangeError)) throw error;
    const problem = refusal(
      'too-many-aliases',
      0,
      `aliases (*name) unfold to more than ${aliasesMax} copies or point nowhere`,
    );
    return { problem: { ...problem, suggestion: 'write the values out where they are needed' } };
  }
}

const circularAlias: TextFinding = {
  ...refusal(
    'circular-alias',
    0,
    'an alias (*name) stands inside of what it names, which therefore has no end',
  ),
  suggestion: 'write the values out where they are needed',
};

/** Each value is looked into once, however many aliases lead to it. */
function isCircular(value: unknown, around: Set<unknown>, known: Set<unknown>): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (around.has(value)) return true;
  if (known.has(value)) return false;
  around.add(value);
  const found = Object.values(value).some((inner) => isCircular(inner, around, known));
  around.delete(value);
  known.add(value);
  return found;
}

/** The value node and the key node at a path; aliases are followed. Nothing when there is no such value. */
export function nodeAt(
  document: Document.Parsed,
  path: readonly (string | number)[],
): { readonly value: Node | undefined; readonly key: Node | undefined } | undefined {
  let value: unknown = document.contents;
  let key: unknown;
  for (const part of path) {
    if (isAlias(value)) value = value.resolve(document);
    const child = childOf(value, part);
    if (child === undefined) return undefined;
    ({ key, value } = child);
  }
  return { value: asNode(value), key: asNode(key) };
}

function childOf(
  parent: unknown,
  part: string | number,
): { readonly key: unknown; readonly value: unknown } | undefined {
  if (isMap(parent)) {
    const pair = pairsByKey(parent).get(String(part));
    return pair === undefined ? undefined : { key: pair.key, value: pair.value ?? pair.key };
  }
  const items = typeof parent === 'object' && parent !== null && 'items' in parent ? parent.items : undefined;
  if (!Array.isArray(items) || typeof part !== 'number' || part >= items.length) return undefined;
  return { key: items[part], value: items[part] };
}

/** Maps are looked up often and never change after they were read. The first of keys that are there twice counts. */
function pairsByKey(map: YAMLMap): ReadonlyMap<string, Pair> {
  const known = pairsOfMap.get(map);
  if (known !== undefined) return known;
  const pairs = new Map(map.items.toReversed().map((pair) => [keyText(pair.key), pair]));
  pairsOfMap.set(map, pairs);
  return pairs;
}

const pairsOfMap = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();

export function keyText(key: unknown): string {
  const value = typeof key === 'object' && key !== null && 'value' in key ? key.value : key;
  return String(value);
}

function asNode(value: unknown): Node | undefined {
  return typeof value === 'object' && value !== null && 'range' in value ? (value as Node) : undefined;
}
