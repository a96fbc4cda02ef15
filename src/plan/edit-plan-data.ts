/** What an edit makes of the plain data of a plan: the expectation that its text is held against. */
import type { PlanEdit, PlanValue } from './plan-edit.ts';
import { formatPlanPath, type PlanPath } from './plan-path.ts';

export type EditedData = { readonly value: unknown } | { readonly problem: string };

/** Shares nothing with the original where it differs from it. Never throws. */
export function editData(root: unknown, edit: PlanEdit): EditedData {
  return change(root, edit.at, 0, edit);
}

/** A copy in which no two places share a value, as aliases of YAML make them do. */
export function unshared(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unshared);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, unshared(each)]));
}

function change(value: unknown, path: PlanPath, depth: number, edit: PlanEdit): EditedData {
  const part = path[depth];
  if (part === undefined) return atEnd(value, edit);
  const isNothing = value === null || value === undefined;
  if (Array.isArray(value)) return changeList(value, part, path, depth, edit);
  if (isNothing && typeof part === 'number') return changeList([], part, path, depth, edit);
  if (isNothing) return changeRecord({}, String(part), path, depth, edit);
  return isRecord(value)
    ? changeRecord(value, String(part), path, depth, edit)
    : { problem: `${formatPlanPath(path.slice(0, depth))} holds nothing further` };
}

function changeRecord(
  record: Readonly<Record<string, unknown>>,
  key: string,
  path: PlanPath,
  depth: number,
  edit: PlanEdit,
): EditedData {
  const isThere = Object.hasOwn(record, key);
  const isLast = depth === path.length - 1;
  if (!isThere && (edit.kind === 'remove' || edit.kind === 'rename')) return absent(path);
  if (isLast && edit.kind === 'remove') return { value: without(record, key) };
  if (isLast && edit.kind === 'rename') return renamed(record, key, edit.to, path);
  const changed = change(isThere ? record[key] : undefined, path, depth + 1, edit);
  return 'problem' in changed ? changed : { value: withEntry(record, key, changed.value) };
}

function changeList(
  list: readonly unknown[],
  part: string | number,
  path: PlanPath,
  depth: number,
  edit: PlanEdit,
): EditedData {
  const isLast = depth === path.length - 1;
  if (typeof part !== 'number' || part < 0 || part > list.length) return absent(path);
  if (part === list.length && (edit.kind === 'remove' || edit.kind === 'rename')) return absent(path);
  if (isLast && edit.kind === 'rename')
    return { problem: `${formatPlanPath(path)} is an item of a list, which has no name` };
  if (isLast && edit.kind === 'remove') return { value: list.toSpliced(part, 1) };
  const changed = change(list[part], path, depth + 1, edit);
  return 'problem' in changed ? changed : { value: list.toSpliced(part, 1, changed.value) };
}

function atEnd(value: unknown, edit: PlanEdit): EditedData {
  switch (edit.kind) {
    case 'set':
      return { value: unshared(edit.value) };
    case 'append':
      if (value === undefined || value === null) return { value: [unshared(edit.value)] };
      if (Array.isArray(value)) return { value: [...value, unshared(edit.value)] };
      return { problem: `${formatPlanPath(edit.at)} is not a list` };
    case 'remove':
    case 'rename':
      return { problem: 'the whole plan can neither be removed nor renamed' };
    default:
      return edit satisfies never;
  }
}

function absent(path: PlanPath): EditedData {
  return { problem: `there is no ${formatPlanPath(path)}` };
}

/** A computed key is a key, even `__proto__`. */
function withEntry(record: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  return { ...record, [key]: value };
}

function without(record: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.fromEntries(Object.entries(record).filter(([each]) => each !== key));
}

function renamed(
  record: Readonly<Record<string, unknown>>,
  key: string,
  to: string,
  path: PlanPath,
): EditedData {
  if (to !== key && Object.hasOwn(record, to))
    return { problem: `${formatPlanPath([...path.slice(0, -1), to])} is there already` };
  return {
    value: Object.fromEntries(
      Object.entries(record).map(([each, value]) => [each === key ? to : each, value]),
    ),
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value under the keys that are missing above it: `['objectives', 'rpo']` and `1 h` make `{ objectives: { rpo: 1 h } }`. */
export function nested(path: PlanPath, value: PlanValue): PlanValue {
  return path.reduceRight<PlanValue>(
    (inner, part) => (part === 0 ? [inner] : Object.fromEntries([[String(part), inner]])),
    value,
  );
}
