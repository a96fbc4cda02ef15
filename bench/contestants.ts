/** What each program is called with, for the same work. */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from './measure.ts';

export interface Place {
  /** As the programs name it: a folder, or a place in a store. */
  readonly repository: string;
  /** Where copies go. */
  readonly second: string;
  /** For caches, state and plans, emptied for every pair. */
  readonly scratch: string;
  /** Of the store. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface Contestant {
  readonly name: 'lifeboat' | 'restic';
  init(place: Place): Command;
  backup(place: Place, paths: readonly string[]): Command;
  restore(place: Place, to: string): Command;
  check(place: Place): Command;
  /** At once: what no snapshot needs is gone when it ends. */
  prune(place: Place): Command;
  /** A repository with one snapshot, and an empty one that it can be copied to. */
  prepareCopy(place: Place, paths: readonly string[]): readonly Command[];
  /** Everything that the second repository lacks. */
  copy(place: Place): Command;
}

const password = 'bench only, not a secret';
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** As the `lifeboat` of an installation starts it. */
export function lifeboat(): Contestant {
  const command = (place: Place, ...args: readonly string[]): Command => {
    const { environment, ...rest } = lifeboatCommand(place.scratch, ...args);
    return { ...rest, environment: { ...environment, ...place.environment } };
  };
  return {
    name: 'lifeboat',
    init: (place) => command(place, 'vault', 'init', place.repository, '--no-recovery-key'),
    backup: (place, paths) =>
      command(place, 'backup', '--vault', place.repository, ...paths.flatMap((dir) => ['--path', dir])),
    restore: (place, to) => command(place, 'rescue', 'restore', '--vault', place.repository, '--to', to),
    check: (place) => command(place, 'rescue', 'check', '--vault', place.repository, '--read-data'),
    prune: (place) => command(place, 'prune', '--vault', place.repository, '--grace', '0s'),
    prepareCopy: (place, paths) => {
      // a backup under the whole plan would copy by itself
      const before = writePlan(place, 'before.yaml', paths, { here: place.repository });
      const plan = wholePlan(place);
      writePlan(place, path.basename(plan), paths, { here: place.repository, away: place.second });
      return [
        command(place, 'vault', 'init', 'here', '--no-recovery-key', '--plan', before),
        command(place, 'backup', '--plan', before),
        command(place, 'vault', 'init', 'away', '--no-recovery-key', '--plan', plan),
      ];
    },
    copy: (place) => command(place, 'copy', '--plan', wholePlan(place)),
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

const wholePlan = ({ scratch }: Place): string => path.join(scratch, 'plan.yaml');

function writePlan(
  { scratch }: Place,
  name: string,
  paths: readonly string[],
  vaults: Readonly<Record<string, string>>,
): string {
  const lines = Object.entries(vaults).map(
    ([vault, location], at) =>
      `  ${vault}: { location: ${JSON.stringify(location)}, password: '\${env:LIFEBOAT_PASSWORD}', role: ${at === 0 ? 'primary' : 'secondary'} }`,
  );
  const file = path.join(scratch, name);
  fs.writeFileSync(
    file,
    `version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d22, name: Bench, owner: Jane Doe }
vaults:
${lines.join('\n')}
systems:
  files:
    source: { kind: files, paths: ${JSON.stringify(paths)} }
`,
  );
  return file;
}

export interface Restic extends Contestant {
  /** Anything else that it can do. */
  command(place: Place, repository: string, ...args: readonly string[]): Command;
}

/** With its cache, as people run it. */
export function restic(file: string): Restic {
  const command = (place: Place, repository: string, ...args: readonly string[]): Command => ({
    file,
    arguments: ['--repo', repository, '--quiet', ...args],
    environment: {
      RESTIC_PASSWORD: password,
      RESTIC_FROM_PASSWORD: password,
      RESTIC_CACHE_DIR: path.join(place.scratch, 'cache'),
      TZ: 'UTC',
      ...place.environment,
    },
  });
  const init = ['init', '--repository-version', '2'];
  return {
    name: 'restic',
    command,
    init: (place) => command(place, place.repository, ...init),
    backup: (place, paths) => command(place, place.repository, 'backup', ...paths),
    restore: (place, to) => command(place, place.repository, 'restore', 'latest', '--target', to),
    check: (place) => command(place, place.repository, 'check', '--read-data'),
    prune: (place) => command(place, place.repository, 'prune'),
    prepareCopy: (place, paths) => [
      command(place, place.repository, ...init),
      command(place, place.repository, 'backup', ...paths),
      command(place, place.second, ...init, '--copy-chunker-params', '--from-repo', place.repository),
    ],
    copy: (place) => command(place, place.second, 'copy', '--from-repo', place.repository),
  };
}

/** A repository of two snapshots, of which the larger one is forgotten: what only it needs lies in all packs. */
export function makeHalfForgotten(
  { init, command }: Restic,
  place: Place,
  paths: readonly string[],
): readonly Command[] {
  const act = (...args: readonly string[]): Command => command(place, place.repository, ...args);
  return [
    init(place),
    act('backup', ...paths),
    act('backup', '--exclude', forgottenNames, ...paths),
    act('forget', '--group-by', '', '--keep-last', '1'),
  ];
}

/** About half of the files, by the last letters of their names, and folders named so with all below them. */
const forgottenNames = '*[cmsty13579]';
