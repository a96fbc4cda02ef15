/** Which entries of a snapshot are wanted: all, or those that a glob matches, with all that is below them. */
export interface PathChoice {
  /** As the person gave them; empty for everything. */
  readonly patterns: readonly string[];
  readonly select: (path: Buffer, isDirectory: boolean) => 'take' | 'skip' | 'descend';
}

export const everything: PathChoice = { patterns: [], select: () => 'take' };

/**
 * Patterns are absolute stored paths, or globs with `*`, `?` and `**`; one without a slash matches names anywhere.
 * Hidden names are names as any other: a restore must not leave them out.
 */
export function choosePaths(patterns: readonly string[]): PathChoice {
  if (patterns.length === 0) return everything;
  const globs = patterns.map(normalise);
  const expressions = globs.map(expressionOf);
  const matches = (path: string): boolean =>
    globs.includes(path) || expressions.some((expression) => expression.test(path));
  return {
    patterns,
    select(path, isDirectory) {
      if (isWithinMatch(path.toString('utf8'), matches)) return 'take';
      return isDirectory ? 'descend' : 'skip';
    },
  };
}

function normalise(pattern: string): string {
  const trimmed = pattern.replace(/\/+$/, '');
  if (trimmed === '') return '/**';
  return trimmed.startsWith('/') ? trimmed : `/**/${trimmed}`;
}

function expressionOf(glob: string): RegExp {
  const parts = glob.match(/\*\*\/|\*\*|\*|\?|[^*?]+/g) ?? [];
  return new RegExp(`^${parts.map(partExpression).join('')}$`, 'su');
}

function partExpression(part: string): string {
  switch (part) {
    case '**/':
      return '(?:.*/)?';
    case '**':
      return '.*';
    case '*':
      return '[^/]*';
    case '?':
      return '[^/]';
    default:
      return part.replace(/[\\^$.|+()[\]{}/]/g, '\\$&');
  }
}

/** The path itself or a directory above it. */
function isWithinMatch(path: string, matches: (path: string) => boolean): boolean {
  for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
    if (matches(path.slice(0, end))) return true;
  }
  return false;
}
