/** Which entries of a snapshot are wanted: all, or those that a glob matches, with all that is below them. */
import { matchesGlob } from 'node:path';

export interface PathChoice {
  /** As the person gave them; empty for everything. */
  readonly patterns: readonly string[];
  readonly select: (path: Buffer, isDirectory: boolean) => 'take' | 'skip' | 'descend';
}

export const everything: PathChoice = { patterns: [], select: () => 'take' };

/** Patterns are absolute stored paths, or globs with `*`, `?` and `**`; one without a slash matches names anywhere. */
export function choosePaths(patterns: readonly string[]): PathChoice {
  if (patterns.length === 0) return everything;
  const globs = patterns.map(normalise);
  const matches = (path: string): boolean => globs.some((glob) => glob === path || matchesGlob(path, glob));
  return {
    patterns,
    select(path, isDirectory) {
      if (isWithinMatch(path.toString('utf8'), matches)) return 'take';
      return isDirectory ? 'descend' : 'skip';
    },
  };
}

function normalise(pattern: string): string {
  const trimmed = pattern.length > 1 ? pattern.replace(/\/+$/, '') : pattern;
  if (!trimmed.includes('/')) return `/**/${trimmed}`;
  return trimmed.startsWith('/') ? trimmed : `/**/${trimmed}`;
}

/** The path itself or a directory above it. */
function isWithinMatch(path: string, matches: (path: string) => boolean): boolean {
  for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
    if (matches(path.slice(0, end))) return true;
  }
  return false;
}
