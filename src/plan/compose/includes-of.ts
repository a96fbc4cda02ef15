import { posix } from 'node:path';
import { isPlaceholder } from '../placeholder.ts';
import { plainData, readYaml } from '../read-yaml.ts';

/**
 * The names of the files that a file of a plan includes itself, in its order: relative to the folder that `fileName`
 * counts from, or absolute. Empty when the text cannot be read; parsing the plan tells why.
 */
export function includesOf(text: string, fileName: string): readonly string[] {
  if (!mayInclude.test(text)) return [];
  const read = readYaml(text);
  if (read.problems.length > 0) return [];
  const data = plainData(read);
  if ('problem' in data || typeof data.value !== 'object' || data.value === null) return [];
  return includedPaths(Reflect.get(data.value, 'include')).map(({ path }) => includedName(path, fileName));
}

/** Most files include nothing, and need not be read twice to know it. */
const mayInclude = /\binclude\b/;

/** The entries that can be followed, with their place in the list. */
export function includedPaths(
  include: unknown,
): readonly { readonly path: string; readonly index: number }[] {
  if (!Array.isArray(include)) return [];
  return include.flatMap((path: unknown, index) =>
    typeof path === 'string' && path.trim() !== '' && !isPlaceholder(path) ? [{ path, index }] : [],
  );
}

/** Paths of `include` count from the folder of the file that they stand in. */
export function includedName(path: string, includingFile: string): string {
  return posix.isAbsolute(path) ? posix.normalize(path) : posix.join(posix.dirname(includingFile), path);
}
