/** Brings a folder that is there to the state of a snapshot: what is right already stays, what does not belong goes. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { systemErrorName } from '../../error/lifeboat-error.ts';
import { statAt } from '../../platform/posix/entry-at.ts';
import type { EntryProblem, RestoreMirror } from '../repository-types.ts';
import type { DestinationFolder } from './destination-folder.ts';
import type { RestorePlan } from './restore-plan.ts';

/** Files of the plan, by number, that a regular file of their length stands in the place of. */
export function comparableFiles(
  target: DestinationFolder,
  { files, hardLinks }: RestorePlan,
  { last = '' }: RestoreMirror,
): number[] {
  const linked = new Set(hardLinks.map(({ file }) => file));
  return [...files.entries()].flatMap(([number, { path, size }]) => {
    if (linked.has(number) || path === storedPath(last) || target.exists(path) !== 'other') return [];
    const isSuch = target.at(path, (dirFd, name) => {
      const stats = statAt(dirFd, name);
      return stats.isFile() && Number(stats.size) === size;
    });
    return isSuch ? [number] : [];
  });
}

/** Before anything else is changed. */
export function removeLast(target: DestinationFolder, { last }: RestoreMirror): void {
  if (last !== undefined && target.exists(storedPath(last)) === 'other') target.remove(storedPath(last));
}

/** Entries without a directory's, in the order in which they are put in place. */
export function inOrder<Entry extends { readonly path: string }>(
  entries: readonly Entry[],
  mirror: RestoreMirror | undefined,
): readonly Entry[] {
  const last = mirror?.last === undefined ? undefined : storedPath(mirror.last);
  if (last === undefined) return entries;
  return [...entries.filter(({ path }) => path !== last), ...entries.filter(({ path }) => path === last)];
}

/** What the plan does not have in folders that it has; gives what could not be removed. */
export function removeStrangers(
  root: string,
  plan: RestorePlan,
  { below }: RestoreMirror,
): readonly EntryProblem[] {
  const top = storedPath(below);
  const known = new Set(
    [...plan.directories, ...plan.files, ...plan.hardLinks, ...plan.others].map(({ path }) => path),
  );
  const folders = plan.directories.filter(({ path }) => path === top || path.startsWith(`${top}/`));
  return folders.flatMap(({ path }) => removeStrangersIn(root, path, known));
}

function removeStrangersIn(
  root: string,
  folder: string,
  known: ReadonlySet<string>,
): readonly EntryProblem[] {
  const at = Buffer.concat([Buffer.from(`${root}/`), Buffer.from(folder, 'latin1')]);
  return readdirSync(at, { encoding: 'latin1' }).flatMap((name) => {
    const path = `${folder}/${name}`;
    if (known.has(path)) return [];
    const shown = Buffer.from(path, 'latin1').toString('utf8');
    try {
      rmSync(join(root, shown), { recursive: true });
      return [];
    } catch (error) {
      const reason = `is not in the snapshot and cannot be removed: ${systemErrorName(error) ?? 'unknown'}`;
      return [{ path: `/${shown}`, reason, metadataOnly: false }];
    }
  });
}

/** As plans have it: relative, Latin-1. */
function storedPath(path: string): string {
  return Buffer.from(path)
    .toString('latin1')
    .replace(/^\/+|\/+$/g, '');
}
