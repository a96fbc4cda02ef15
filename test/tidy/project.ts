import fs from 'node:fs';
import path from 'node:path';
import { findImports, type Import } from './find-imports.ts';
import { type Scan, scanSource } from './scan-source.ts';

export interface SourceFile {
  /** Relative to the root, `/`-separated. */
  readonly path: string;
  readonly text: string;
  readonly scan: Scan;
  readonly imports: readonly Import[];
}

export interface Project {
  readonly sources: readonly SourceFile[];
}

/** Where a rule is broken, and how. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

export interface Rule {
  readonly name: string;
  /** Why the rule exists, in a sentence or two, for whoever broke it. */
  readonly why: string;
  check(project: Project): readonly Finding[];
}

export const root = path.resolve(import.meta.dirname, '../..');

/** Every TypeScript file of the project, read and scanned. */
export function loadProject(): Project {
  const folders = ['src', 'test', 'scripts', 'bench', 'examples', 'web/src'];
  const paths = folders.flatMap((folder) => filesBelow(folder)).filter((file) => /\.tsx?$/.test(file));
  const ours = paths.filter((file) => !file.endsWith('.as.ts'));
  return projectOf(Object.fromEntries(ours.map((file) => [file, readText(file)])));
}

/** A project made of the given texts; the tests of the rules use it. */
export function projectOf(texts: Readonly<Record<string, string>>): Project {
  const sources = Object.entries(texts).map(([file, text]) => {
    const scan = scanSource(text);
    return { path: file, text, scan, imports: findImports(scan) };
  });
  return { sources };
}

export function readText(file: string): string {
  return fs.readFileSync(path.join(root, file), 'utf8');
}

export function filesBelow(folder: string): readonly string[] {
  const full = path.join(root, folder);
  if (!fs.existsSync(full)) return [];
  return fs
    .readdirSync(full, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .filter((file) => !file.includes('node_modules/'))
    .sort();
}

/** Code that is shipped: below `src/`, and not a test. */
export function isShipped(file: SourceFile): boolean {
  return file.path.startsWith('src/') && !isTest(file);
}

export function isTest(file: SourceFile): boolean {
  return file.path.endsWith('.test.ts');
}

/** The file of the project that an import names, or undefined for packages and built-ins. */
export function targetOf(file: SourceFile, reference: Import): string | undefined {
  if (reference.specifier === undefined || !/^\.\.?\//.test(reference.specifier)) return undefined;
  const target = path.posix.join(path.posix.dirname(file.path), reference.specifier);
  // siblingModule names a worker without its ending, which is .ts in the source and .js when published.
  return reference.kind === 'file' && path.posix.extname(target) === '' ? `${target}.ts` : target;
}

/** The npm package that an import names: `@scope/name` or `name`. */
export function packageOf(reference: Import): string | undefined {
  const { specifier } = reference;
  if (specifier === undefined || reference.kind === 'file') return undefined;
  if (/^(?:[./#]|node:)/.test(specifier)) return undefined;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

export function report(rule: Rule, findings: readonly Finding[]): string {
  const lines = findings.map((finding) => `${finding.path}:${finding.line}: ${finding.message}`);
  return `${rule.name}: ${findings.length} found\n${lines.map((line) => `  ${line}`).join('\n')}\n  why: ${rule.why}`;
}
