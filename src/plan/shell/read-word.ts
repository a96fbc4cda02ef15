import type { ShellWord } from './shell-script.ts';

export interface WordAt {
  readonly word: ShellWord;
  /** False when a quote or a bracket is never closed. */
  readonly isClosed: boolean;
}

/** What ends a word outside of quotes. */
export const metaCharacters = ' \t\n|&;<>()';

/** Reads the word that begins at `start`. Every character is looked at once. */
export function readWord(source: string, start: number, line: number): WordAt {
  const parts: string[] = [];
  const substitutions: string[] = [];
  const seen = { expands: false, isQuoted: false, isClosed: true };
  let position = start;
  while (position < source.length && !metaCharacters.includes(source.charAt(position))) {
    const piece = readPiece(source, position);
    parts.push(piece.text);
    substitutions.push(...piece.substitutions);
    seen.expands ||= piece.expands;
    seen.isQuoted ||= piece.isQuoted;
    seen.isClosed &&= piece.isClosed;
    position = piece.end;
  }
  const { expands, isQuoted, isClosed } = seen;
  const word = {
    text: parts.join(''),
    expands,
    isQuoted,
    substitutions,
    line,
    start,
    end: Math.min(position, source.length),
  };
  return { word, isClosed };
}

interface Piece {
  readonly text: string;
  readonly expands: boolean;
  readonly isQuoted: boolean;
  readonly isClosed: boolean;
  readonly substitutions: readonly string[];
  readonly end: number;
}

const plain = { expands: false, isQuoted: false, isClosed: true, substitutions: [] };

function readPiece(source: string, at: number): Piece {
  switch (source.charAt(at)) {
    case '\\':
      return escaped(source, at);
    case "'":
      return singleQuoted(source, at);
    case '"':
      return doubleQuoted(source, at);
    case '$':
      return expansion(source, at);
    case '`':
      return backquoted(source, at);
    default:
      return { ...plain, text: source.charAt(at), end: at + 1 };
  }
}

function escaped(source: string, at: number): Piece {
  const next = source.charAt(at + 1);
  const text = next === '\n' ? '' : next;
  return { ...plain, text, isQuoted: text !== '', isClosed: next !== '', end: at + 2 };
}

function singleQuoted(source: string, at: number): Piece {
  const close = source.indexOf("'", at + 1);
  const end = close === -1 ? source.length : close;
  return { ...plain, text: source.slice(at + 1, end), isQuoted: true, isClosed: close !== -1, end: end + 1 };
}

function doubleQuoted(source: string, at: number): Piece {
  const parts: string[] = [];
  const substitutions: string[] = [];
  let expands = false;
  let isClosed = true;
  let position = at + 1;
  while (position < source.length && source.charAt(position) !== '"') {
    const character = source.charAt(position);
    const piece =
      character === '\\' || character === '$' || character === '`'
        ? readPiece(source, position)
        : { ...plain, text: character, end: position + 1 };
    parts.push(piece.text);
    substitutions.push(...piece.substitutions);
    expands ||= piece.expands;
    isClosed &&= piece.isClosed;
    position = piece.end;
  }
  isClosed &&= position < source.length;
  return { text: parts.join(''), expands, isQuoted: true, isClosed, substitutions, end: position + 1 };
}

function expansion(source: string, at: number): Piece {
  const next = source.charAt(at + 1);
  if (next === '(') {
    const close = closingBracket(source, at + 2);
    const end = close ?? source.length;
    const inner = source.slice(at + 2, end);
    const substitutions = inner.startsWith('(') ? [] : [inner];
    return expanded(source, at, end + 1, close !== undefined, substitutions);
  }
  if (next === '{') {
    const close = source.indexOf('}', at + 2);
    return expanded(source, at, close === -1 ? source.length : close + 1, close !== -1, []);
  }
  const name = variableName(source, at + 1);
  return name === ''
    ? { ...plain, text: '$', end: at + 1 }
    : expanded(source, at, at + 1 + name.length, true, []);
}

function backquoted(source: string, at: number): Piece {
  const close = source.indexOf('`', at + 1);
  const end = close === -1 ? source.length : close;
  return expanded(source, at, end + 1, close !== -1, [source.slice(at + 1, end)]);
}

function expanded(
  source: string,
  at: number,
  end: number,
  isClosed: boolean,
  substitutions: readonly string[],
): Piece {
  return { text: source.slice(at, end), expands: true, isQuoted: false, isClosed, substitutions, end };
}

const nameLengthMax = 256;

function variableName(source: string, at: number): string {
  return /^(?:[A-Za-z_][A-Za-z0-9_]*|[0-9?#@*!$-])/.exec(source.slice(at, at + nameLengthMax))?.[0] ?? '';
}

/** Where the bracket closes that was opened before `from`; quotes inside may hold brackets of their own. */
function closingBracket(source: string, from: number): number | undefined {
  let depth = 1;
  let at = from;
  while (at < source.length) {
    const character = source.charAt(at);
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (depth === 0) return at;
    at = behindQuoted(source, at);
  }
  return undefined;
}

/** Behind the character at this place, or behind all that it quotes. */
function behindQuoted(source: string, at: number): number {
  const character = source.charAt(at);
  if (character === '\\') return at + 2;
  if (character !== "'" && character !== '"') return at + 1;
  let end = at + 1;
  while (end < source.length && source.charAt(end) !== character)
    end += source.charAt(end) === '\\' && character === '"' ? 2 : 1;
  return end + 1;
}
