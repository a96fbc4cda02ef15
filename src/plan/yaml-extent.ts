/** Where the content of a YAML node begins and ends in its text, without the spaces and comments around it. */
import { isCollection, isPair, isScalar } from 'yaml';

/** Of a pair, where its key begins. Nothing for what does not stand in the text. */
export function contentStart(node: unknown): number | undefined {
  if (isPair(node)) return contentStart(node.key) ?? contentStart(node.value);
  return rangeOf(node)?.[0];
}

/** Behind the last character that is neither space nor comment. */
export function contentEnd(node: unknown, text: string): number | undefined {
  if (isPair(node)) return pairEnd(node.key, node.value, text);
  const range = rangeOf(node);
  if (range === undefined) return undefined;
  if (isCollection(node) && node.flow !== true) return contentEnd(node.items.at(-1), text) ?? range[1];
  const isBlockText = isScalar(node) && (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED');
  return isBlockText ? range[0] + text.slice(range[0], range[1]).trimEnd().length : range[1];
}

function pairEnd(key: unknown, value: unknown, text: string): number | undefined {
  return contentEnd(value, text) ?? contentEnd(key, text);
}

function rangeOf(node: unknown): readonly [number, number, number] | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node)) return undefined;
  const { range } = node;
  return Array.isArray(range) && typeof range[0] === 'number'
    ? [range[0], Number(range[1]), Number(range[2])]
    : undefined;
}

export function lineStart(text: string, offset: number): number {
  return offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
}

/** Before the line's newline, whichever kind it is. */
export function lineEnd(text: string, offset: number): number {
  const newline = text.indexOf('\n', offset);
  if (newline === -1) return text.length;
  return newline > offset && text[newline - 1] === '\r' ? newline - 1 : newline;
}

/** What the text ends its lines with. */
export function newlineOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}
