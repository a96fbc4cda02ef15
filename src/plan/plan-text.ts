/** Places in the text of a plan: from a path to line and column. */
import type { Node } from 'yaml';
import type { Finding, Locate, TextFinding, TextPosition } from './finding.ts';
import type { PlanPath } from './plan-path.ts';
import { nodeAt, type PlanDocument } from './read-yaml.ts';

const underlineMax = 60;

/**
 * Looks places up; a value that is absent is looked for at its nearest surroundings that are there. `file` is given
 * for a file that is not the main one.
 */
export function locateIn(read: PlanDocument, text: string, file?: string): Locate {
  const named = file === undefined ? {} : { file };
  return (path, onKey = false) => {
    for (let length = path.length; length > 0; length -= 1) {
      const target = targetAt(read, path.slice(0, length), onKey || length < path.length);
      if (target !== undefined) return { ...named, ...rangeOf(target, read, text) };
    }
    return { ...named, line: 1, column: 1, length: 1 };
  };
}

function targetAt(read: PlanDocument, path: PlanPath, onKey: boolean): Node | undefined {
  const node = read.document === undefined ? undefined : nodeAt(read.document, path);
  return onKey ? (node?.key ?? node?.value) : (node?.value ?? node?.key);
}

function rangeOf(node: Node, read: PlanDocument, text: string): TextPosition {
  const [from, to] = node.range ?? [0, 1];
  return positionOf(read, text, from, to);
}

function positionOf(read: PlanDocument, text: string, from: number, to: number): TextPosition {
  const { line, col } = read.lineCounter.linePos(Math.min(from, text.length));
  const lineEnd = text.indexOf('\n', from);
  const end = Math.min(to, lineEnd === -1 ? text.length : lineEnd);
  return {
    line: Math.max(1, line),
    column: Math.max(1, col),
    length: Math.max(1, Math.min(end - from, underlineMax)),
  };
}

export function placeTextFinding(
  finding: TextFinding,
  read: PlanDocument,
  text: string,
  file?: string,
): Finding {
  const named = file === undefined ? {} : { file };
  const { from, to, relatedFrom, ...rest } = finding;
  const placed = { ...rest, path: '', ...named, ...positionOf(read, text, from, to) };
  if (relatedFrom === undefined) return placed;
  const { line, column } = positionOf(read, text, relatedFrom.from, relatedFrom.from + 1);
  return { ...placed, related: { ...named, line, column, message: relatedFrom.message } };
}

/** Tells of paths whether they are at or below one of others; there may be many of both. */
export function withinAny(tops: readonly PlanPath[]): (path: PlanPath) => boolean {
  const keys = new Set(tops.map(keyOf));
  return (path) => keys.has('') || path.some((_part, index) => keys.has(keyOf(path.slice(0, index + 1))));
}

function keyOf(path: PlanPath): string {
  return path.map((part) => `${part}\0`).join('');
}
