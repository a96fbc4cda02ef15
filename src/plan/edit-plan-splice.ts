/**
 * One edit as a change of a few characters of the text, so that everything else stays byte for byte. What cannot be
 * done that way (anchors, tags, explicit keys) gives nothing; the caller has another way.
 *
 * Glossary: *block* is YAML written with lines and indentation, *flow* is YAML written with brackets.
 */
import { type Document, isAlias, isCollection, isMap, isScalar, isSeq } from 'yaml';
import { nested } from './edit-plan-data.ts';
import { renderQuoted, renderYaml, type YamlContext } from './edit-plan-render.ts';
import type { PlanEdit, PlanValue } from './plan-edit.ts';
import type { PlanPath } from './plan-path.ts';
import { keyText } from './read-yaml.ts';
import { contentEnd, contentStart, lineEnd, lineStart, newlineOf } from './yaml-extent.ts';

/** Offsets are UTF-16 units; `from` and `to` are the same for what is only inserted. */
export interface Splice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

interface Place {
  /** Absent for the top of the plan. */
  readonly parent?: unknown;
  readonly index: number;
  readonly key?: unknown;
  readonly node: unknown;
  readonly isInFlow: boolean;
}

/** Nothing when the edit is not the change of one stretch of text. */
export function spliceOf(document: Document.Parsed, text: string, edit: PlanEdit): Splice | undefined {
  const { place, missing } = walk(document.contents, edit.at);
  switch (edit.kind) {
    case 'set':
      return missing.length === 0
        ? replaced(text, place, edit.value)
        : added(text, place, missing, edit.value);
    case 'append':
      if (missing.length > 0) return added(text, place, missing, [edit.value]);
      return isSeq(place.node) ? appended(text, place.node, edit.value) : replaced(text, place, [edit.value]);
    case 'rename':
      return missing.length === 0 ? renamedKey(text, place, edit.to) : undefined;
    case 'remove':
      return missing.length === 0
        ? removed(text, place, walk(document.contents, edit.at.slice(0, -1)).place)
        : undefined;
    default:
      return edit satisfies never;
  }
}

/** As far down as the path is there. Aliases are not followed: what they point at belongs to another place as well. */
function walk(root: unknown, path: PlanPath): { readonly place: Place; readonly missing: PlanPath } {
  let place: Place = { node: root, index: 0, isInFlow: false };
  for (const [depth, part] of path.entries()) {
    const child = childOf(place, part);
    if (child === undefined) return { place, missing: path.slice(depth) };
    place = child;
  }
  return { place, missing: [] };
}

function childOf({ node, isInFlow }: Place, part: string | number): Place | undefined {
  if (isMap(node)) {
    const index = node.items.findIndex((item) => keyText(item.key) === String(part));
    const pair = node.items[index];
    if (pair === undefined) return undefined;
    return { parent: node, index, key: pair.key, node: pair.value, isInFlow: isInFlow || node.flow === true };
  }
  if (!isSeq(node) || typeof part !== 'number' || part >= node.items.length) return undefined;
  return { parent: node, index: part, node: node.items[part], isInFlow: isInFlow || node.flow === true };
}

function replaced(text: string, place: Place, value: PlanValue): Splice | undefined {
  const { node, key } = place;
  if (!isAlias(node) && hasProperties(node)) return undefined;
  const rendered = rendering(node, value, contextOf(place.isInFlow));
  const keyEnd = contentEnd(key, text);
  if (node === null) return keyEnd === undefined ? undefined : inserted(keyEnd, `: ${rendered}`);
  const from = contentStart(node);
  const to = contentEnd(node, text);
  if (from === undefined || to === undefined) return undefined;
  if (from === to) return inserted(from, between(text, from, rendered));
  const block = literalBlock(node, text.slice(from, to), value);
  if (block !== undefined) return { from, to, text: block };
  // a value on the lines below its key moves up to it
  const movesUp = isCollection(node) && node.flow !== true && keyEnd !== undefined;
  return movesUp && /^\s*:\s*$/.test(text.slice(keyEnd, from))
    ? { from: keyEnd, to, text: `: ${rendered}` }
    : { from, to, text: rendered };
}

/** A script below `|` stays one: its lines are written with the indentation that they had. */
function literalBlock(node: unknown, old: string, value: PlanValue): string | undefined {
  if (!isScalar(node) || node.type !== 'BLOCK_LITERAL' || typeof value !== 'string') return undefined;
  const [, header, indent] = /^(\|[ \t]*(?:#[^\n]*)?)\n\s*?([ ]+)\S/.exec(old) ?? [];
  if (header === undefined || indent === undefined || !/^\S[\s\S]*[^\n]\n$/.test(value)) return undefined;
  const lines = value
    .slice(0, -1)
    .split('\n')
    .map((line) => (line === '' ? '' : `${indent}${line}`));
  return `${header}\n${lines.join('\n')}${old.endsWith('\n') ? '\n' : ''}`;
}

/** With the spaces that it needs towards its neighbours. */
function between(text: string, at: number, words: string): string {
  const before = /\s/.test(text[at - 1] ?? '') ? '' : ' ';
  return `${before}${words}${text[at] === '#' ? ' ' : ''}`;
}

function inserted(at: number, text: string): Splice {
  return { from: at, to: at, text };
}

function rendering(old: unknown, value: PlanValue, context: YamlContext): string {
  if (isScalar(old) && typeof value === 'string') {
    if (old.type === 'QUOTE_DOUBLE') return renderQuoted(value, '"');
    if (old.type === 'QUOTE_SINGLE') return renderQuoted(value, "'");
  }
  return renderYaml(value, context);
}

function added(text: string, place: Place, missing: PlanPath, value: PlanValue): Splice | undefined {
  const [part, ...rest] = missing;
  const { node } = place;
  const inner = nested(rest, value);
  if (part === undefined) return undefined;
  if (isMap(node)) return insertedPair(text, node, String(part), inner);
  if (isSeq(node)) return part === node.items.length ? appended(text, node, inner) : undefined;
  const isEmpty = node === null || (isScalar(node) && node.value === null);
  return isEmpty ? replaced(text, place, nested(missing, value)) : undefined;
}

interface Collection {
  readonly flow?: boolean;
  readonly items: readonly unknown[];
  readonly range?: readonly [number, number, number] | null;
}

function insertedPair(text: string, map: Collection, key: string, value: PlanValue): Splice | undefined {
  const context = contextOf(map.flow === true);
  const words = `${renderYaml(key, 'flow')}: ${renderYaml(value, context)}`;
  return map.flow === true ? insertedInFlow(text, map, words, ' ') : insertedLine(text, map, words);
}

function appended(text: string, list: Collection, value: PlanValue): Splice | undefined {
  const words = renderYaml(value, contextOf(list.flow === true));
  return list.flow === true ? insertedInFlow(text, list, words, '') : insertedLine(text, list, `- ${words}`);
}

function insertedInFlow(text: string, into: Collection, words: string, padding: string): Splice | undefined {
  const last = into.items.at(-1);
  const end = last === undefined ? undefined : contentEnd(last, text);
  if (end !== undefined) return { from: end, to: end, text: `, ${words}` };
  const [from, to] = into.range ?? [0, 0];
  return last === undefined && /^[[{]\s*[\]}]$/.test(text.slice(from, to))
    ? { from: from + 1, to: to - 1, text: `${padding}${words}${padding}` }
    : undefined;
}

/** Below the last item, with the indentation of the first. */
function insertedLine(text: string, into: Collection, words: string): Splice | undefined {
  const first = into.range?.[0];
  const end = contentEnd(into, text);
  if (first === undefined || end === undefined) return undefined;
  const at = lineEnd(text, end);
  const indentation = ' '.repeat(first - lineStart(text, first));
  return { from: at, to: at, text: `${newlineOf(text)}${indentation}${words}` };
}

function renamedKey(text: string, { key }: Place, to: string): Splice | undefined {
  if (!isScalar(key) || hasProperties(key)) return undefined;
  const from = contentStart(key);
  const end = contentEnd(key, text);
  return from === undefined || end === undefined
    ? undefined
    : { from, to: end, text: rendering(key, to, 'flow') };
}

function removed(text: string, { index }: Place, around: Place): Splice | undefined {
  const parent = around.node;
  if (!isCollection(parent)) return undefined;
  if (parent.items.length === 1) return replaced(text, around, isSeq(parent) ? [] : {});
  return parent.flow === true
    ? removedFromFlow(text, parent.items, index)
    : removedLines(text, parent.items, index, isSeq(parent));
}

function removedFromFlow(text: string, items: readonly unknown[], index: number): Splice | undefined {
  const from = contentStart(items[index]);
  const to = contentEnd(items[index], text);
  if (from === undefined || to === undefined) return undefined;
  const start = index === items.length - 1 ? (contentEnd(items[index - 1], text) ?? from) : from;
  const end = contentStart(items[index + 1]) ?? to;
  return /^\s*,\s*$/.test(text.slice(start, from) + text.slice(to, end))
    ? { from: start, to: end, text: '' }
    : undefined;
}

/** Whole lines, with the comment behind the value; comments above stay, for nobody knows what they are about. */
function removedLines(
  text: string,
  items: readonly unknown[],
  index: number,
  isList: boolean,
): Splice | undefined {
  const startOf = (item: unknown) => (isList ? dashBefore(text, contentStart(item)) : contentStart(item));
  const from = startOf(items[index]);
  const to = contentEnd(items[index], text);
  if (from === undefined || to === undefined) return undefined;
  const start = lineStart(text, from);
  if (text.slice(start, from).trim() !== '') return movedUp(text, from, to, startOf(items[index + 1]));
  const end = lineEnd(text, to);
  const newline = /^\r?\n/.exec(text.slice(end, end + 2))?.[0] ?? '';
  // the last line of a file without a newline takes the one before it along
  if (newline === '' && start > 0) return { from: lineEnd(text, start - 1), to: end, text: '' };
  return { from: start, to: end + newline.length, text: '' };
}

/** What follows takes the place behind a dash, as long as no comment stands between. */
function movedUp(text: string, from: number, to: number, next: number | undefined): Splice | undefined {
  const isNext = next !== undefined && /^[ \t]*(?:#[^\n]*)?\r?\n\s*$/.test(text.slice(to, next));
  return isNext ? { from, to: next, text: '' } : undefined;
}

/** A dash is not further away from its item than this. */
const dashReach = 1000;

function dashBefore(text: string, from: number | undefined): number | undefined {
  const found = from === undefined ? null : /-\s*$/.exec(text.slice(Math.max(0, from - dashReach), from));
  return found === null || from === undefined ? undefined : from - found[0].length;
}

function hasProperties(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return false;
  return ('anchor' in node && node.anchor !== undefined) || ('tag' in node && node.tag !== undefined);
}

function contextOf(isInFlow: boolean): YamlContext {
  return isInFlow ? 'flow' : 'block';
}
