import { posix } from 'node:path';
import { isPlaceholder } from '../placeholder.ts';
import { plainData, readYaml } from '../read-yaml.ts';
import { memberOf } from './plan-source.ts';

/**
 * The names of the files that a file of a plan includes itself, in its order: relative to the folder that `fileName`
 * counts from, or absolute. Empty when the text cannot be read; parsing the plan tells why.
 */
export function includesOf(text: string, fileName: string): readonly string[] {
  if (!mayInclude.test(text)) return [];
  const block = blockPattern.exec(text)?.[0];
  const include = (block === undefined ? undefined : includeIn(block)) ?? includeIn(text);
  return includedPaths(include).map(({ path }) => includedName(path, fileName));
}

/** Most files include nothing, and need not be read twice to know it. */
const mayInclude = /\binclude\b/;

/** A block at the top of a file: its line, and those below that are indented, list entries, comments or empty. */
const blockPattern = /^(["']?)include\1[ \t]*:(?![^\s]).*(?:\r?\n(?:[ \t#\-\]].*)?)*/m;

function includeIn(text: string): unknown {
  const read = readYaml(text);
  const data = read.problems.length > 0 ? { problem: read.problems[0] } : plainData(read);
  return 'problem' in data ? undefined : memberOf(data.value, 'include');
}

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
