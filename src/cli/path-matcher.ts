import { matchesGlob } from 'node:path';

/**
 * Whether an absolute stored path itself matches one of the globs; one without a slash matches names anywhere.
 * Unlike a restore's choice of paths, what lies below a match is no match.
 */
export function pathMatcher(patterns: readonly string[]): (path: string) => boolean {
  const tests = patterns.map((pattern) => {
    const glob = pattern.length > 1 ? pattern.replace(/\/+$/, '') : pattern;
    if (!glob.includes('/')) return (path: string) => matches(path.slice(path.lastIndexOf('/') + 1), glob);
    const whole = glob.startsWith('/') ? glob : `/**/${glob}`;
    return (path: string) => matches(path, whole);
  });
  return (path) => tests.some((test) => test(path));
}

function matches(text: string, glob: string): boolean {
  return text === glob || matchesGlob(plainDots(text), plainDots(glob));
}

/** `matchesGlob` hides names that begin with a dot from wildcards, as a shell does; here they are names as any other. */
function plainDots(text: string): string {
  return text.replaceAll('.', '\u{e000}');
}
