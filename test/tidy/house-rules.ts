/** Rules about tests, words and generated files. */
import { alwaysThere, programs } from '../../scripts/test/programs.ts';
import { errorCodes } from '../../src/error/codes.ts';
import { closing } from './find-imports.ts';
import {
  type Finding,
  isShipped,
  isTest,
  type Project,
  type Rule,
  type SourceFile,
  targetOf,
} from './project.ts';
import { lineAt } from './scan-source.ts';

export const testsAssert: Rule = {
  name: 'every test file asserts something',
  why: 'a test that cannot fail proves nothing.',
  check: ({ sources }) => {
    const byPath = new Map(sources.map((file) => [file.path, file]));
    return sources
      .filter((file) => isTest(file) && !asserts(file) && !suitesOf(file, byPath).some(asserts))
      .map((file) => ({
        path: file.path,
        line: 1,
        message: 'neither it nor a suite that it imports asserts anything',
      }));
  },
};

export const noOnly: Rule = {
  name: 'no test is singled out',
  why: 'a forgotten .only hides every other test and still looks green.',
  check: ({ sources }) =>
    inTests(sources, /\b(?:test|it|describe|suite)\s*\.\s*only\b|\bonly\s*:\s*true\b/g, () => 'singled out'),
};

export const skipsAreExplained: Rule = {
  name: 'a test that is skipped says why',
  why: 'a skipped test looks like a passed one; what this machine cannot run must be named.',
  check: ({ sources }) =>
    inTests(sources, /(?:\.\s*(?:skip|todo)\s*\(|\b(?:skip|todo)\s*:)/g, (file, start, end) =>
      reasonIn(file, start, end) ? undefined : 'skipped without a reason in words',
    ),
};

export const everyCodeIsRaised: Rule = {
  name: 'every error code is raised somewhere',
  why: 'a code that nothing raises is documented for a failure that cannot happen.',
  check: ({ sources }) => {
    const used = new Set(
      sources
        .filter((file) => isShipped(file) && file.path !== 'src/error/codes.ts')
        .flatMap((file) => file.scan.strings.map((text) => text.value)),
    );
    return unusedCodes(Object.keys(errorCodes), used);
  },
};

export function unusedCodes(codes: readonly string[], used: ReadonlySet<string>): Finding[] {
  return codes
    .filter((code) => !used.has(code))
    .map((code) => ({ path: 'src/error/codes.ts', line: 1, message: `${code} is never used` }));
}

const startsProgram =
  /(?<![\w$])(?:spawn|spawnSync|execFile|execFileSync)\s*\(\s*(?=')|\bkind\s*:\s*'\s*'\s*,\s*file\s*:\s*(?=')/g;

export const programsAreListed: Rule = {
  name: 'a program that tests start is listed with its package',
  why: 'npm test installs or names what is missing before it begins; scripts/test/programs.ts is where it looks.',
  check: ({ sources }) => {
    const known = new Set([...programs.map((program) => program.name), ...alwaysThere]);
    return sources
      .filter((file) => isTest(file) || file.path.startsWith('test/'))
      .flatMap((file) => unlistedPrograms(file, known));
  },
};

function unlistedPrograms(file: SourceFile, known: ReadonlySet<string>): Finding[] {
  return [...file.scan.code.matchAll(startsProgram)].flatMap((match) => {
    const name = file.scan.strings.find((text) => text.start === match.index + match[0].length)?.value ?? '';
    if (known.has(name) || name.includes('/')) return [];
    return [{ path: file.path, line: lineAt(file.text, match.index), message: `${name} is not listed` }];
  });
}

/** Words that must stand in no file of the project. Put together here so that this file does not hold them. */
const forbiddenWords: readonly { readonly pattern: RegExp; readonly what: string }[] = [
  { pattern: new RegExp(['\\.\\.', 'shared\\b'].join('/')), what: 'a folder outside the project' },
  { pattern: new RegExp(`(?<![\\w.}-])/${'work'}/`), what: 'a folder of one machine' },
  {
    pattern:
      /https?:\/\/(?:[\w-]+\.)*(?:registry|deb|security|snapshot|ftp|pypi|proxy|mirrors?|packages|artifactory|nexus|artifactregistry)\b[\w.-]*\.[a-z]{2,}/i,
    what: 'the host of a package registry',
  },
];

export interface TextFile {
  readonly path: string;
  readonly text: string;
}

/** Lines of any text file that hold what no file may hold. */
export function forbiddenIn(files: readonly TextFile[]): Finding[] {
  return files.flatMap((file) =>
    file.text
      .split('\n')
      .flatMap((line, index) =>
        forbiddenWords
          .filter(({ pattern }) => pattern.test(line))
          .map(({ what }) => ({ path: file.path, line: index + 1, message: `names ${what}` })),
      ),
  );
}

/** The lock file must not say where packages come from: the machine that installs decides. */
export function resolvedIn(lockText: string): Finding[] {
  return lockText
    .split('\n')
    .flatMap((line, index) =>
      /"resolved":\s*"(?:https?|git)/.test(line)
        ? [{ path: 'package-lock.json', line: index + 1, message: 'names the host a package came from' }]
        : [],
    );
}

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly os?: readonly string[];
  readonly libc?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/**
 * What `npm ci` needs and a change of the machine could not repair: the hash of every package that Debian
 * installs, and an entry for every platform of an optional package, else `npm ci` refuses the file.
 */
export function incompleteIn(lockText: string): string[] {
  const { packages }: { packages: Readonly<Record<string, LockedPackage>> } = JSON.parse(lockText);
  return Object.entries(packages).flatMap(([place, locked]) => {
    const absent = Object.keys(locked.optionalDependencies ?? {}).filter(
      (name) => !packages[`node_modules/${name}`],
    );
    const isDebian = (locked.os?.includes('linux') ?? true) && !(locked.libc?.includes('musl') ?? false);
    const unhashed =
      place !== '' && isDebian && locked.integrity === undefined ? [`${place} has no integrity`] : [];
    return [...absent.map((name) => `${name} of ${place} is missing`), ...unhashed];
  });
}

/** Every rule of this file that reads TypeScript. */
export const houseRules: readonly Rule[] = [
  programsAreListed,
  testsAssert,
  noOnly,
  skipsAreExplained,
  everyCodeIsRaised,
];

function asserts(file: SourceFile): boolean {
  return /(?<![\w$])(?:assert|expect)\b\s*(?:\.|\()/.test(file.scan.code);
}

function suitesOf(file: SourceFile, byPath: ReadonlyMap<string, SourceFile>): SourceFile[] {
  return file.imports.flatMap((reference) => {
    const target = byPath.get(targetOf(file, reference) ?? '');
    return target?.path.startsWith('test/') ? [target] : [];
  });
}

function inTests(
  sources: Project['sources'],
  pattern: RegExp,
  judge: (file: SourceFile, start: number, end: number) => string | undefined,
): Finding[] {
  return sources.filter(isTest).flatMap((file) =>
    [...file.scan.code.matchAll(pattern)].flatMap((match) => {
      const message = judge(file, match.index, match.index + match[0].length);
      return message === undefined
        ? []
        : [{ path: file.path, line: lineAt(file.text, match.index), message }];
    }),
  );
}

/** A string inside the call's brackets or before the comma that ends the option, there or in a constant named there. */
function reasonIn(file: SourceFile, start: number, end: number): boolean {
  const { code } = file.scan;
  const isCall = code[end - 1] === '(';
  const rest = code.slice(end).search(/[,}\n]/);
  const stop = isCall ? closing(code, end - 1) : end + (rest === -1 ? 0 : rest);
  const named = /^\s*(?:!\s*)?([\w$]+)/.exec(code.slice(end, stop))?.[1] ?? '';
  const constant = named === '' ? null : new RegExp(`\\bconst ${named}\\b[^;]*;`).exec(code);
  return (
    hasWords(file, start, stop) ||
    (constant !== null && hasWords(file, constant.index, constant.index + constant[0].length))
  );
}

function hasWords(file: SourceFile, start: number, stop: number): boolean {
  return file.scan.strings.some(
    (text) => text.start > start && text.start < stop && text.value.trim() !== '',
  );
}
