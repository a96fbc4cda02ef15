/** Two normalised plans compared field by field. Objectives and schedules of systems are told elsewhere, in better words. */
import { canonicalJson } from '../canonical-json.ts';
import type { PlanPath } from '../plan-path.ts';
import { directionOfField, directionOfItem } from './field-direction.ts';
import { itemWords, placeWords, valueWords } from './field-words.ts';
import type { PlanChange } from './plan-change.ts';

export function fieldChanges(before: unknown, after: unknown): readonly PlanChange[] {
  return [...changesBelow(before, after, [])];
}

function* changesBelow(before: unknown, after: unknown, path: PlanPath): Generator<PlanChange> {
  if (isToldElsewhere(path) || same(before, after)) return;
  if (before === undefined || after === undefined) yield* presence(before, after, path);
  else if (isMap(before) && isMap(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    for (const key of keys) yield* changesBelow(fieldOf(before, key), fieldOf(after, key), [...path, key]);
  } else if (isListOfMaps(before) && isListOfMaps(after) && areAlike(before, after)) {
    for (const index of before.keys()) yield* changesBelow(before[index], after[index], [...path, index]);
  } else if (Array.isArray(before) && Array.isArray(after)) yield* listChanges(before, after, path);
  else yield changed(before, after, path);
}

/** Whether the items of two lists are the same things, one by one: steps that do the same, levels of a chain. */
function areAlike(before: readonly Map_[], after: readonly Map_[]): boolean {
  const kindOf = (item: Map_ | undefined) => item?.['do'] ?? item?.['kind'] ?? item?.['name'];
  return (
    before.length === after.length && before.every((item, index) => kindOf(item) === kindOf(after[index]))
  );
}

/** What a list no longer has, and what it has now; where only the order changed, that. */
function* listChanges(
  before: readonly unknown[],
  after: readonly unknown[],
  path: PlanPath,
): Generator<PlanChange> {
  const gone = missingFrom(before, after);
  const come = missingFrom(after, before);
  if (gone.length + come.length === 0) {
    const message = `order or number of ${placeWords(path)} changed`;
    yield { kind: 'changed', path, direction: directionOfField(path, before, after), message };
  }
  for (const item of gone) {
    const message = `${placeWords(path)} no longer has ${itemWords(item)}`;
    yield { kind: 'removed', path, direction: directionOfItem(path, item, 'removed'), message };
  }
  for (const item of come) {
    const message = `${placeWords(path)} now has ${itemWords(item)}`;
    yield { kind: 'added', path, direction: directionOfItem(path, item, 'added'), message };
  }
}

function missingFrom(items: readonly unknown[], others: readonly unknown[]): readonly unknown[] {
  const known = new Set(others.map(canonicalJson));
  return items.filter((item) => !known.has(canonicalJson(item)));
}

/** Where a tier's or class's objective really changes something, the systems say it. */
function isToldElsewhere(path: PlanPath): boolean {
  const [block, , field, , key] = path;
  if (block === 'version') return true;
  if (block !== 'systems') return false;
  return path.length === 3
    ? field === 'objectives' || field === 'schedule'
    : field === 'backups' && key === 'schedule';
}

function* presence(before: unknown, after: unknown, path: PlanPath): Generator<PlanChange> {
  const value = before ?? after;
  const kind = before === undefined ? 'added' : 'removed';
  const block = path.length === 1 && isMap(value) ? Object.entries(value) : [];
  if (block.length > 0 && block.every(([, inner]) => isMap(inner))) {
    for (const [name, inner] of block) {
      yield* before === undefined
        ? presence(undefined, inner, [...path, name])
        : presence(inner, undefined, [...path, name]);
    }
    return;
  }
  const direction = directionOfField(path, before, after);
  const words = isMap(value) || isListOfMaps(value) ? '' : `: ${valueWords(value)}`;
  yield { kind, path, direction, message: `${placeWords(path)} ${kind}${words}` };
}

function changed(before: unknown, after: unknown, path: PlanPath): PlanChange {
  const direction = directionOfField(path, before, after);
  const verb = direction === 'other' ? 'changed' : direction;
  const message = `${placeWords(path)} ${verb} from ${valueWords(before)} to ${valueWords(after)}`;
  return { kind: 'changed', path, direction, message };
}

type Map_ = Readonly<Record<string, unknown>>;

function isMap(value: unknown): value is Map_ {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** People choose names, and every object answers to `constructor` without having it. */
function fieldOf(map: Map_, key: string): unknown {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

function isListOfMaps(value: unknown): value is readonly Map_[] {
  return Array.isArray(value) && value.length > 0 && value.every(isMap);
}

function same(before: unknown, after: unknown): boolean {
  if (before === undefined || after === undefined) return before === after;
  return canonicalJson(before) === canonicalJson(after);
}
