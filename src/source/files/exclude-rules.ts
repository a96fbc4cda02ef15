/**
 * What a files source leaves out by name: gitignore syntax, through the `ignore` package.
 *
 * Patterns and paths are compared as byte strings, as Git compares bytes, so that names which are not UTF-8 work too.
 * Rule sets form a chain: the plan's patterns at each target, then one set for every ignore file on the way down.
 * The set nearest to the entry that has an opinion wins, as with nested .gitignore files.
 */
import ignore from 'ignore';
import { type ByteString, fromText } from './byte-path.ts';

/** `ignore` remembers every path it was asked for; beyond this many its memory is dropped. */
const rememberedPathsMax = 1_000;

export interface RuleChain {
  /** Length of the base folder's path with its final slash; the rest of a path is relative to it. */
  readonly baseLength: number;
  readonly outer: RuleChain | undefined;
  matcher: ignore.Ignore;
  asked: number;
}

/** Adds the rules of an ignore file or of the plan that count from `folder` on. `lines` is a byte string. */
export function addRules(outer: RuleChain | undefined, folder: ByteString, lines: ByteString): RuleChain {
  const baseLength = folder === '/' ? 1 : folder.length + 1;
  return { baseLength, outer, matcher: ignore({ ignorecase: false }).add(lines), asked: 0 };
}

/** Whether the entry at `path` is left out. */
export function isExcluded(chain: RuleChain | undefined, path: ByteString, isDirectory: boolean): boolean {
  for (let rules = chain; rules !== undefined; rules = rules.outer) {
    forgetAskedPaths(rules);
    const relative = path.slice(rules.baseLength);
    const verdict = rules.matcher.test(isDirectory ? `${relative}/` : relative);
    if (verdict.ignored) return true;
    if (verdict.unignored) return false;
  }
  return false;
}

/**
 * The rules for what lies in the included directory at `path`. An outer set that would leave the directory out, were
 * it not for a nearer set, must not take everything below it along: it gets a pardon for exactly this directory.
 */
export function rulesBelow(chain: RuleChain | undefined, path: ByteString): RuleChain | undefined {
  if (chain?.outer === undefined) return chain;
  const outer = rulesBelow(chain.outer, path);
  const relative = `${path.slice(chain.outer.baseLength)}/`;
  if (outer === undefined || !outer.matcher.test(relative).ignored) {
    return outer === chain.outer ? chain : { ...chain, outer };
  }
  const matcher = ignore({ ignorecase: false })
    .add(outer.matcher)
    .add(`!/${escapePattern(relative)}`);
  return { ...chain, outer: { ...outer, matcher } };
}

function escapePattern(path: ByteString): string {
  return path.replace(/[\\*?[\]!# ]/g, '\\$&');
}

function forgetAskedPaths(rules: RuleChain): void {
  rules.asked += 1;
  if (rules.asked < rememberedPathsMax) return;
  rules.matcher = ignore({ ignorecase: false }).add(rules.matcher);
  rules.asked = 0;
}

/**
 * The plan's patterns as they count at `target`. A pattern that spells out the target's own absolute path, as people
 * who know restic write it, means the place below the target.
 */
export function patternsAt(target: ByteString, patterns: readonly string[]): ByteString {
  const prefix = target === '/' ? '/' : `${target}/`;
  return patterns
    .map((pattern) => {
      const bytes = fromText(pattern);
      const negation = bytes.startsWith('!') ? '!' : '';
      const body = bytes.slice(negation.length);
      return body.startsWith(prefix) ? `${negation}/${body.slice(prefix.length)}` : bytes;
    })
    .join('\n');
}
