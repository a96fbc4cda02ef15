/**
 * One archive of a base backup as capture events.
 *
 * The server walks its folders depth-first, so folders are entered and left as they come. Two are sent in parts, and
 * wait: `global` until `pg_control`, the last of its files, is there; `pg_wal` until everything else is over, for its
 * segments follow `pg_control`; the folders inside `pg_wal` until its segments have passed.
 */
import type { CaptureEvent } from '../../source.ts';
import { type IncrementalPatch, incrementalPrefix } from '../files/incremental-file.ts';
import { relationFileOf } from '../files/relation-file.ts';
import { type BackupFile, backupFile, type FilePlace, type PatchFile, patchFile } from './backup-file.ts';
import {
  beginWalk,
  type EventWalk,
  heldFolder,
  lastFolder,
  nameOf,
  parentOf,
  strange,
} from './event-walk.ts';
import type { HeldFiles } from './held-folder.ts';
import type { StreamedFile } from './manifest-check.ts';
import { readTar, type TarEntry } from './tar-reader.ts';
import { type ChangedTables, changedTables, isVisibilityMap } from './visibility-map.ts';

export interface ArchiveContext {
  /** How the manifest begins the paths of this archive: empty, or `pg_tblspc/16384/`. */
  readonly prefix: string;
  readonly isIncremental: boolean;
  readonly held: HeldFiles;
  /** Changes a file that must not be kept as it came. */
  readonly edit?: (path: string, file: BackupFile) => Promise<BackupFile>;
  readonly streamed: (path: string, file: StreamedFile) => void;
  /** A file that was put together from an increment. Paths as in the manifest, in latin1. */
  readonly patched: (
    path: string,
    target: { readonly path: string; readonly size: number; readonly isSame: boolean },
  ) => void;
  readonly signal: AbortSignal;
}

const lastOfHeld = 'global/pg_control';

export async function* archiveEvents(
  data: AsyncIterable<Buffer>,
  context: ArchiveContext,
): AsyncGenerator<readonly CaptureEvent[], void> {
  const walk = beginWalk();
  const tables = changedTables();
  for await (const entry of readTar(data)) {
    context.signal.throwIfAborted();
    const path = entry.path.toString('latin1');
    if (entry.type === 'link') throw strange(path);
    if (entry.type === 'folder') takeFolder(walk, path, entry, context);
    else yield* takeFile({ walk, tables, path, entry, context });
    if (walk.isFull()) yield walk.take();
  }
  walk.finish();
  yield walk.take();
}

function takeFolder(walk: EventWalk, path: string, entry: TarEntry, context: ArchiveContext): void {
  const place = placeOf(path, context);
  if (path === lastFolder && place === 'last') walk.enterAtEnd(entry);
  // a folder below the last one
  else if (place !== 'plain') walk.keep(path, entry);
  else walk.enter(path, entry);
}

interface TakenFile {
  readonly walk: EventWalk;
  readonly tables: ChangedTables;
  readonly path: string;
  readonly entry: TarEntry;
  readonly context: ArchiveContext;
}

async function* takeFile(taken: TakenFile): AsyncGenerator<readonly CaptureEvent[], void> {
  const { walk, path, entry, context } = taken;
  const place = placeOf(path, context);
  const target = targetOf(path, context);
  if (target !== path) {
    const file = await patchFile(entry, filePlace(path, target, context));
    noteIncrement(taken, target, file.patch);
    if (isVisibilityMap(target)) return await takeMapLater(taken, target, file);
    yield* pass(taken, place, file);
    return;
  }
  const file = await backupFile(entry, filePlace(path, path, context));
  if (context.isIncremental) taken.tables.note(path, entry.size);
  yield* pass(taken, place, (await context.edit?.(context.prefix + path, file)) ?? file);
  if (path === lastOfHeld && place === 'held') walk.flush(heldFolder);
}

/** The name of a file without the mark of an increment. */
function targetOf(path: string, { isIncremental }: ArchiveContext): string {
  const slash = path.lastIndexOf('/') + 1;
  if (!isIncremental || !path.startsWith(incrementalPrefix, slash)) return path;
  return path.slice(0, slash) + path.slice(slash + incrementalPrefix.length);
}

function filePlace(path: string, target: string, { prefix, streamed }: ArchiveContext): FilePlace {
  return {
    name: nameOf(target),
    isPages: relationFileOf(prefix + target) !== undefined,
    done: (file) => streamed(prefix + path, file),
  };
}

function noteIncrement({ tables, path, context }: TakenFile, target: string, patch: IncrementalPatch): void {
  const { size, ranges } = patch;
  tables.note(target, size, ranges);
  const isSame = ranges.length === 0;
  context.patched(context.prefix + path, { path: context.prefix + target, size, isSame });
}

/** When its folder is left, so that everything that changed in the table is known. */
async function takeMapLater(taken: TakenFile, target: string, file: PatchFile): Promise<void> {
  const { walk, tables, path, context } = taken;
  const event = await context.held.hold(file);
  walk.later(parentOf(target), () => {
    const { event: emptied, isSame } = tables.emptied(target, event);
    const { size } = file.patch;
    context.patched(context.prefix + path, { path: context.prefix + target, size, isSame });
    return emptied;
  });
}

async function* pass(
  { walk, path, context }: TakenFile,
  place: ReturnType<typeof placeOf>,
  file: BackupFile,
): AsyncGenerator<readonly CaptureEvent[], void> {
  if (place === 'held') {
    walk.keepFile(path, await context.held.hold(file));
    return;
  }
  if (place === 'last') walk.enterLast();
  walk.add(path, file);
  if (file.isLive) yield walk.take();
  await untilPassed(file, context.signal);
}

/** `held` until its folder is there as a whole, `last` after all others. */
function placeOf(path: string, { prefix }: ArchiveContext): 'held' | 'last' | 'plain' {
  if (prefix !== '') return 'plain';
  if (path === heldFolder || path.startsWith(`${heldFolder}/`) || isInside(path, lastFolder)) return 'held';
  return path === lastFolder || path.startsWith(`${lastFolder}/`) ? 'last' : 'plain';
}

/** Of what lies in a folder below it. */
function isInside(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`) && path.includes('/', folder.length + 1);
}

/** A consumer that has failed reads no more, and then the signal says so. */
async function untilPassed(file: BackupFile, signal: AbortSignal): Promise<void> {
  const stopped = Promise.withResolvers<never>();
  const stop = () => stopped.reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    await Promise.race([file.passed, stopped.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
