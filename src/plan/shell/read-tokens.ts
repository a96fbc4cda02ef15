import { metaCharacters, readWord } from './read-word.ts';
import type { ShellWord } from './shell-script.ts';

export type Token =
  | { readonly kind: 'word'; readonly word: ShellWord }
  | { readonly kind: 'operator'; readonly text: string; readonly line: number }
  | { readonly kind: 'redirection'; readonly operator: string; readonly line: number };

export interface Tokens {
  readonly tokens: readonly Token[];
  readonly isWhole: boolean;
}

const operators = ['&&', '||', '|&', ';;', '\n', '|', '&', ';', '(', ')'];
const redirections = ['<<<', '<<-', '<<', '<&', '<>', '>>', '>&', '>|', '<', '>'];

/** Words and operators of a script; comments, joined lines and the bodies of here-documents are left out. */
export function readTokens(source: string): Tokens {
  const tokens: Token[] = [];
  const documents: string[] = [];
  let isWhole = true;
  let line = 1;
  let position = 0;
  while (position < source.length) {
    const gap = gapLength(source, position);
    if (gap > 0) {
      line += newLinesIn(source, position, position + gap);
      position += gap;
      continue;
    }
    const found = readToken(source, position, line, tokens.at(-1));
    tokens.push(found.token);
    isWhole &&= found.isClosed;
    if (found.document !== undefined) documents.push(found.document);
    line += newLinesIn(source, position, found.end);
    position = found.end;
    if (documents.length === 0 || !isNewLine(found.token)) continue;
    const end = behindDocuments(source, position, documents.splice(0));
    line += newLinesIn(source, position, end);
    position = end;
  }
  return { tokens, isWhole };
}

function isNewLine(token: Token): boolean {
  return token.kind === 'operator' && token.text === '\n';
}

/** Blanks, a joined line, or a comment that begins here; 0 for none. */
function gapLength(source: string, at: number): number {
  const character = source.charAt(at);
  if (character === ' ' || character === '\t' || character === '\r') return 1;
  if (character === '\\' && source.charAt(at + 1) === '\n') return 2;
  if (character !== '#') return 0;
  const end = source.indexOf('\n', at);
  return (end === -1 ? source.length : end) - at;
}

function newLinesIn(source: string, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at += 1) if (source.charAt(at) === '\n') count += 1;
  return count;
}

interface TokenAt {
  readonly token: Token;
  readonly end: number;
  readonly isClosed: boolean;
  /** The delimiter of a here-document that begins on the next line. */
  readonly document?: string;
}

function readToken(source: string, at: number, line: number, before: Token | undefined): TokenAt {
  const redirection = redirectionAt(source, at);
  if (redirection !== undefined) {
    const { operator, length } = redirection;
    return { token: { kind: 'redirection', operator, line }, end: at + length, isClosed: true };
  }
  const operator = operators.find((each) => source.startsWith(each, at));
  if (operator !== undefined)
    return { token: { kind: 'operator', text: operator, line }, end: at + operator.length, isClosed: true };
  const { word, isClosed } = readWord(source, at, line);
  const opens = before?.kind === 'redirection' && /^\d*<<-?$/.test(before.operator);
  return {
    token: { kind: 'word', word },
    end: word.end,
    isClosed,
    ...(opens ? { document: word.text } : {}),
  };
}

/** With the number of the stream in front of it: `2>&1`. */
function redirectionAt(
  source: string,
  at: number,
): { readonly operator: string; readonly length: number } | undefined {
  const isWordStart = at === 0 || metaCharacters.includes(source.charAt(at - 1));
  const digits = isWordStart ? (/^\d{1,3}(?=[<>])/.exec(source.slice(at, at + 4))?.[0] ?? '') : '';
  const both = isWordStart && source.startsWith('&>', at);
  const from = at + (both ? 1 : digits.length);
  const operator = redirections.find((each) => source.startsWith(each, from));
  if (operator === undefined) return undefined;
  return { operator: `${digits}${operator}`, length: from - at + operator.length };
}

/** Behind the lines of the here-documents that begin at `from`; the end of the text when one is never ended. */
function behindDocuments(source: string, from: number, delimiters: readonly string[]): number {
  let position = from;
  for (const delimiter of delimiters) {
    let line = '';
    do {
      if (position >= source.length) return source.length;
      const end = source.indexOf('\n', position);
      line = source.slice(position, end === -1 ? source.length : end);
      position = end === -1 ? source.length : end + 1;
    } while (line.replace(/^\t+/, '') !== delimiter);
  }
  return position;
}
