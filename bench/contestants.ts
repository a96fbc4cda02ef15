/** What each program is called with, for the same work. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from './measure.ts';

export interface Place {
  readonly repository: string;
  /** For caches and state, emptied for every pair. */
  readonly scratch: string;
}

export interface Contestant {
  readonly name: string;
  init(place: Place): Command;
  backup(place: Place, paths: readonly string[]): Command;
  restore(place: Place, to: string): Command;
  check(place: Place): Command;
}

const password = 'bench only, not a secret';
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** As the `lifeboat` of an installation starts it. */
export function lifeboat(): Contestant {
  const command = (place: Place, ...args: readonly string[]): Command =>
    lifeboatCommand(place.scratch, ...args);
  return {
    name: 'lifeboat',
    init: (place) => command(place, 'vault', 'init', place.repository, '--no-recovery-key'),
    backup: (place, paths) =>
      command(place, 'backup', '--vault', place.repository, ...paths.flatMap((dir) => ['--path', dir])),
    restore: (place, to) => command(place, 'rescue', 'restore', '--vault', place.repository, '--to', to),
    check: (place) => command(place, 'rescue', 'check', '--vault', place.repository, '--read-data'),
  };
}

export function lifeboatCommand(scratch: string, ...args: readonly string[]): Command {
  return {
    file: process.execPath,
    arguments: programArguments(...args),
    environment: {
      LIFEBOAT_PASSWORD: password,
      LIFEBOAT_STATE_DIR: path.join(scratch, 'state'),
      XDG_CACHE_HOME: path.join(scratch, 'cache'),
      XDG_CONFIG_HOME: path.join(scratch, 'config'),
      TZ: 'UTC',
    },
  };
}

/** For `node`: as the first line of the program has it. */
export function programArguments(...args: readonly string[]): readonly string[] {
  return ['--max-semi-space-size=4', main, ...args];
}

/** With its cache, as people run it. */
export function restic(file: string): Contestant {
  const command = (place: Place, ...args: readonly string[]): Command => ({
    file,
    arguments: ['--repo', place.repository, '--quiet', ...args],
    environment: {
      RESTIC_PASSWORD: password,
      RESTIC_CACHE_DIR: path.join(place.scratch, 'cache'),
      TZ: 'UTC',
    },
  });
  return {
    name: 'restic',
    init: (place) => command(place, 'init', '--repository-version', '2'),
    backup: (place, paths) => command(place, 'backup', ...paths),
    restore: (place, to) => command(place, 'restore', 'latest', '--target', to),
    check: (place) => command(place, 'check', '--read-data'),
  };
}
