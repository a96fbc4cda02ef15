/** Environment variables, and the folders that depend on them (XDG Base Directory Specification 0.8). */
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/** `undefined` when not set; a variable may be set and empty. */
export function environmentVariable(name: string): string | undefined {
  return process.env[name];
}

/** All variables as they are now. Later changes do not show in it. */
export function environmentSnapshot(): Readonly<Record<string, string>> {
  const entries = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return Object.fromEntries(entries);
}

/**
 * For the `environment` of programs that a plan names: they need no password of the vault, and could print it.
 * `undefined` takes a variable away.
 */
export const withoutPasswords = {
  LIFEBOAT_PASSWORD: undefined,
  LIFEBOAT_PASSWORD_FILE: undefined,
  LIFEBOAT_PASSWORD_COMMAND: undefined,
} as const;

export function homeDirectory(): string {
  return homedir();
}

/** Catalog, spool, lock files, undelivered records, safety copies: `$LIFEBOAT_STATE_DIR`, or the system's place. */
export function stateDirectory(): string {
  const wanted = environmentVariable('LIFEBOAT_STATE_DIR');
  if (wanted) return resolve(wanted);
  if (process.getuid?.() === 0) return '/var/lib/lifeboat';
  return userDirectory('XDG_STATE_HOME', '.local/state');
}

/** What can be fetched again. */
export function cacheDirectory(): string {
  return userDirectory('XDG_CACHE_HOME', '.cache');
}

/** Keys that `init` made. */
export function configDirectory(): string {
  return userDirectory('XDG_CONFIG_HOME', '.config');
}

/** The specification says that a path that is not absolute counts as not set. */
function userDirectory(variable: string, belowHome: string): string {
  const wanted = environmentVariable(variable);
  const base = wanted && isAbsolute(wanted) ? wanted : join(homeDirectory(), belowHome);
  return join(base, 'lifeboat');
}

/**
 * The folder that the person stands in. `npm run lifeboat` starts the program in the checkout and tells where it
 * was called from. Source: npm run, INIT_CWD.
 */
export function currentFolder(): string {
  const isRunByNpm = environmentVariable('npm_lifecycle_event') === 'lifeboat';
  return (isRunByNpm ? environmentVariable('INIT_CWD') : undefined) ?? process.cwd();
}
