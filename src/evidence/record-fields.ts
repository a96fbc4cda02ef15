/** Reads fields out of parsed JSON. Everything unexpected is an error that names the field. */
import { LifeboatError } from '../error/lifeboat-error.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** No list in a record is longer; a longer one is not a record of ours. */
const listItemsMax = 100_000;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function objectOf(value: unknown, what: string): JsonObject {
  if (!isObject(value)) throw unreadable(what, 'an object');
  return value;
}

export function text(from: JsonObject, name: string): string {
  const value = from[name];
  if (typeof value !== 'string') throw unreadable(name, 'text');
  return value;
}

/** Finite numbers only; JSON has no others. */
export function number(from: JsonObject, name: string): number {
  const value = from[name];
  if (typeof value !== 'number' || !Number.isFinite(value)) throw unreadable(name, 'a number');
  return value;
}

export function boolean(from: JsonObject, name: string): boolean {
  const value = from[name];
  if (typeof value !== 'boolean') throw unreadable(name, 'true or false');
  return value;
}

export function oneOf<const T extends string>(from: JsonObject, name: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === from[name]);
  if (found === undefined) throw unreadable(name, `one of ${allowed.join(', ')}`);
  return found;
}

export function list<T>(from: JsonObject, name: string, read: (item: unknown) => T): readonly T[] {
  const value = from[name];
  if (!Array.isArray(value) || value.length > listItemsMax) throw unreadable(name, 'a list');
  return value.map(read);
}

export function texts(from: JsonObject, name: string): readonly string[] {
  return list(from, name, (item) => {
    if (typeof item !== 'string') throw unreadable(name, 'a list of texts');
    return item;
  });
}

/** Figures by name: `{"rows:orders": 4711}`. */
export function values(from: JsonObject, name: string): Readonly<Record<string, number | string>> {
  const entries = Object.entries(objectOf(from[name], name)).map(([key, value]) => {
    if (typeof value !== 'number' && typeof value !== 'string')
      throw unreadable(`${name}.${key}`, 'a number or text');
    return [key, value] as const;
  });
  return Object.fromEntries(entries);
}

/** A field that may be absent: the object to spread, empty or with the field. */
export function optional<K extends string, T>(
  from: JsonObject,
  name: K,
  read: (from: JsonObject, name: K) => T,
): { readonly [P in K]?: T } {
  if (from[name] === undefined) return {};
  const field: { [P in K]?: T } = {};
  field[name] = read(from, name);
  return field;
}

function unreadable(what: string, expected: string): LifeboatError {
  return new LifeboatError(
    'OBJECT_DAMAGED',
    `a record in the vault is not readable: ${what} is not ${expected}`,
    {
      hint: 'Verify the chain of records; what it reports as altered was not written by Lifeboat.',
    },
  );
}
