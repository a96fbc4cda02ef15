/** What only the document shows, before its values have a meaning: keys that are there twice, gaps to be filled. */
import { isMap, isScalar, isSeq } from 'yaml';
import type { TextFinding } from './finding.ts';
import { isPlaceholder } from './placeholder.ts';
import type { PlanPath } from './plan-path.ts';
import { keyText, type PlanDocument } from './read-yaml.ts';

export interface WalkResult {
  /** Keys that are there twice, and those that no map can have. */
  readonly duplicates: readonly TextFinding[];
  readonly placeholders: readonly PlanPath[];
}

/** Visits every node once; aliases are not followed, so that what they point at is reported once. */
export function walkYaml(read: PlanDocument): WalkResult {
  const duplicates: TextFinding[] = [];
  const placeholders: PlanPath[] = [];
  visit(read.document?.contents, []);
  return { duplicates, placeholders };

  function visit(node: unknown, path: PlanPath): void {
    if (isGap(node)) placeholders.push(path);
    else if (isMap(node)) {
      duplicates.push(...duplicateKeys(node.items));
      for (const { key, value } of node.items) visit(value, [...path, keyText(key)]);
    } else if (isSeq(node)) {
      for (const [index, item] of node.items.entries()) visit(item, [...path, index]);
    }
  }
}

function isGap(node: unknown): boolean {
  if (isScalar(node)) return typeof node.value === 'string' && isPlaceholder(node.value);
  return isSeq(node) && isBracketedWords(node);
}

/** `[Define specific time]` without quotes is a list to YAML; no field takes such a list. */
function isBracketedWords(node: { readonly flow?: boolean; readonly items: readonly unknown[] }): boolean {
  if (node.flow !== true || node.items.length === 0) return false;
  const words = node.items.map((item) => (isScalar(item) && item.type === 'PLAIN' ? String(item.value) : ''));
  return !words.includes('') && gapPattern.test(words.join(', '));
}

const gapPattern =
  /^(?:(?:Name|Phone|E-?mail|Email Group|Date|Time|Owner|Person|Team|Frequency|frequency)$|(?:Define|Specify|List|Outline|Describe|Insert|Enter|Add|Fill|Your|frequency,|Frequency,) )/;

function duplicateKeys(items: readonly { readonly key: unknown }[]): TextFinding[] {
  const seen = new Map<string, number>();
  const found: TextFinding[] = [];
  for (const { key } of items) {
    if (!isScalar(key)) continue;
    const [from, to] = key.range ?? [0, 1];
    if (keyText(key) === '__proto__') found.push(impossibleKey(from, to));
    const first = seen.get(keyText(key));
    if (first === undefined) seen.set(keyText(key), from);
    else found.push(duplicateKey(keyText(key), from, to, first));
  }
  return found;
}

/** The schema passes over this key without a word, so that what stands below it would be no part of the plan. */
function impossibleKey(from: number, to: number): TextFinding {
  return {
    id: 'wrong-name',
    severity: 'error',
    from,
    to,
    message: 'this name cannot be used',
    suggestion: 'give it another name',
  };
}

function duplicateKey(name: string, from: number, to: number, first: number): TextFinding {
  return {
    id: 'duplicate-key',
    severity: 'error',
    from,
    to,
    message: `the key "${name.slice(0, 60)}" is there twice`,
    suggestion: 'keep one of them, or give the second another name',
    relatedFrom: { from: first, message: 'the first one is here' },
  };
}
