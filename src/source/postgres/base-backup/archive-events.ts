/**
 * One archive of a base backup as capture events.
 *
 * The server walks its folders depth-first, so folders are entered and left as they come. Two are sent in parts, and
 * wait: `global` until `pg_control`, the last of its files, is there; `pg_wal` until everything else is over, for its
 * segments follow `pg_control`; the folders inside `pg_wal` until its segments have passed.
 */
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import type { CaptureEvent } from '../../source.ts';
import { incrementalPrefix } from '../files/incremental-file.ts';
import { relationFileOf } from '../files/relation-file.ts';
import { type BackupFile, backupFile, type FilePlace, patchFile } from './backup-file.ts';
import type { HeldFiles } from './held-folder.ts';
import type { StreamedFile } from './manifest-check.ts';
import { folderMetadata } from './server-metadata.ts';
import { readTar, type TarEntry } from './tar-reader.ts';

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

const eventsMax = 64;
const heldBytesMax = 4 * 1024 * 1024;
const lastFolder = 'pg_wal';
const heldFolder = 'global';
const lastOfHeld = 'global/pg_control';

export async function* archiveEvents(
  data: AsyncIterable<Buffer>,
  context: ArchiveContext,
): AsyncGenerator<readonly CaptureEvent[], void> {
  const walk = beginWalk();
  for await (const entry of readTar(data)) {
    context.signal.throwIfAborted();
    const path = entry.path.toString('latin1');
    if (entry.type === 'link') throw strange(path);
    if (entry.type === 'folder') takeFolder(walk, path, entry, context);
    else yield* takeFile(walk, path, entry, context);
    if (walk.isFull()) yield walk.take();
  }
  walk.finish();
  yield walk.take();
}

type Walk = ReturnType<typeof beginWalk>;

function takeFolder(walk: Walk, path: string, entry: TarEntry, context: ArchiveContext): void {
  const place = placeOf(path, context);
  if (path === lastFolder && place === 'last') walk.last = entry;
  // a folder below the last one
  else if (place !== 'plain') walk.keep(path, entry);
  else walk.enter(path, entry);
}

async function* takeFile(
  walk: Walk,
  path: string,
  entry: TarEntry,
  context: ArchiveContext,
): AsyncGenerator<readonly CaptureEvent[], void> {
  const place = placeOf(path, context);
  const file = await readFile(entry, path, context);
  if (place === 'held') {
    walk.keepFile(path, await context.held.hold(file));
    if (path === lastOfHeld) walk.flush(heldFolder);
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

async function readFile(entry: TarEntry, path: string, context: ArchiveContext): Promise<BackupFile> {
  const slash = path.lastIndexOf('/') + 1;
  const whole = context.prefix + path;
  const isIncrement = context.isIncremental && path.startsWith(incrementalPrefix, slash);
  const target = isIncrement ? path.slice(0, slash) + path.slice(slash + incrementalPrefix.length) : path;
  const place: FilePlace = {
    name: Buffer.from(target.slice(slash), 'latin1'),
    isPages: relationFileOf(context.prefix + target) !== undefined,
    done: (file) => context.streamed(whole, file),
  };
  if (isIncrement) {
    const file = await patchFile(entry, place);
    const { size, ranges } = file.patch;
    context.patched(whole, { path: context.prefix + target, size, isSame: ranges.length === 0 });
    return file;
  }
  const file = await backupFile(entry, place);
  return (await context.edit?.(whole, file)) ?? file;
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

interface Held {
  readonly entry: TarEntry | undefined;
  readonly events: CaptureEvent[];
}

/** Where the events stand: which folders are open, what is held, and the batch that comes next. */
function beginWalk() {
  const open: string[] = [];
  const known = new Set<string>();
  const held = new Map<string, Held>();
  let batch: CaptureEvent[] = [];
  let bytes = 0;
  const leaveTo = (folder: string): void => {
    while (open.length > 0 && open.at(-1) !== folder) {
      open.pop();
      batch.push({ kind: 'leave' });
    }
    if (folder !== '' && open.length === 0) throw strange(folder);
  };
  const enter = (path: string, entry: TarEntry): void => {
    if (known.has(path)) throw strange(path);
    leaveTo(parentOf(path));
    known.add(path);
    open.push(path);
    batch.push({ kind: 'enter', name: nameOf(path), metadata: folderMetadata(entry) });
  };
  const keep = (path: string, entry: TarEntry): void => {
    held.set(path, { entry, events: held.get(path)?.events ?? [] });
  };
  /** A held folder, and those inside of it. */
  const flush = (folder: string): void => {
    for (const [path, { entry, events }] of [...held].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (path !== folder && !path.startsWith(`${folder}/`)) continue;
      if (entry === undefined) throw strange(path);
      held.delete(path);
      enter(path, entry);
      batch.push(...events);
    }
  };
  const walk = {
    /** The folder that comes last; entered when its first file comes, or at the end. */
    last: undefined as TarEntry | undefined,
    enter,
    keep,
    flush,
    keepFile: (path: string, event: CaptureEvent): void => {
      const folder = parentOf(path);
      const there = held.get(folder) ?? { entry: undefined, events: [] };
      there.events.push(event);
      held.set(folder, there);
    },
    enterLast: (): void => {
      if (walk.last === undefined) return;
      flush(heldFolder);
      enter(lastFolder, walk.last);
      walk.last = undefined;
    },
    add: (path: string, file: BackupFile): void => {
      leaveTo(parentOf(path));
      batch.push(file.event);
      bytes += file.heldBytes;
    },
    isFull: () => batch.length >= eventsMax || bytes >= heldBytesMax,
    take: (): readonly CaptureEvent[] => {
      const full = batch;
      batch = [];
      bytes = 0;
      return full;
    },
    finish: (): void => {
      walk.enterLast();
      flush(heldFolder);
      flush(lastFolder);
      leaveTo('');
    },
  };
  return walk;
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function nameOf(path: string): Buffer {
  return Buffer.from(path.slice(path.lastIndexOf('/') + 1), 'latin1');
}

function strange(path: string): LifeboatError {
  return new LifeboatError(
    'SOURCE_INVALID',
    `the server sends ${JSON.stringify(path)} at a place of the base backup where it is not known`,
    { hint: 'Check that Lifeboat knows this version of PostgreSQL.' },
  );
}
