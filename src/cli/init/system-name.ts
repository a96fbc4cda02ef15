/** Names of systems and vaults, made from names of files: they become part of tags and folder names. */
import { namePattern } from '../../plan/schema/field.ts';

const nameLengthMax = 48;

/** `Orders 2026.db` → `orders-2026-db`; `fallback` when nothing is left. */
export function nameFrom(text: string, fallback: string): string {
  const name = text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, nameLengthMax)
    .replaceAll(/^-+|-+$/g, '');
  return name === '' ? fallback : name;
}

/** `name`, or `name-2` and so on when it is taken. */
export function unusedName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  let number = 2;
  while (taken.has(`${name}-${number}`)) number += 1;
  return `${name}-${number}`;
}

export function isName(text: string): boolean {
  return namePattern.test(text);
}
