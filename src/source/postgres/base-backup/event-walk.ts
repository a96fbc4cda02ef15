/** Where the events of one archive stand: which folders are open, what is held, and the batch that comes next. */
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import type { CaptureEvent } from '../../source.ts';
import type { BackupFile } from './backup-file.ts';
import { folderMetadata } from './server-metadata.ts';
import type { TarEntry } from './tar-reader.ts';

export interface EventWalk {
  /** The next folder; whatever does not hold it is left. */
  enter(path: string, entry: TarEntry): void;
  /** The folder that comes last: entered when its first file comes, or at the end. */
  enterAtEnd(entry: TarEntry): void;
  enterLast(): void;
  /** A folder that is entered when `flush` says so. */
  keep(path: string, entry: TarEntry): void;
  keepFile(path: string, event: CaptureEvent): void;
  /** A held folder, and those inside of it. */
  flush(folder: string): void;
  /** An event that is made when the folder is left. */
  later(folder: string, make: () => CaptureEvent): void;
  add(path: string, file: BackupFile): void;
  isFull(): boolean;
  take(): readonly CaptureEvent[];
  /** Gives out what is held, and leaves every folder. */
  finish(): void;
}

export const lastFolder = 'pg_wal';
export const heldFolder = 'global';
const eventsMax = 64;
const heldBytesMax = 4 * 1024 * 1024;

interface Held {
  readonly entry: TarEntry | undefined;
  readonly events: CaptureEvent[];
}

export function beginWalk(): EventWalk {
  const batch = makeBatch();
  const folders = openFolders(batch);
  const held = new Map<string, Held>();
  let last: TarEntry | undefined;
  const flush = (folder: string): void => {
    for (const [path, { entry, events }] of [...held].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (path !== folder && !path.startsWith(`${folder}/`)) continue;
      if (entry === undefined) throw strange(path);
      held.delete(path);
      folders.enter(path, entry);
      for (const event of events) batch.push(event);
    }
  };
  const enterLast = (): void => {
    if (last === undefined) return;
    flush(heldFolder);
    folders.enter(lastFolder, last);
    last = undefined;
  };
  return {
    enter: folders.enter,
    enterAtEnd: (entry) => {
      last = entry;
    },
    ...{ enterLast, flush, later: folders.later, isFull: batch.isFull, take: batch.take },
    keep: (path, entry) => {
      held.set(path, { entry, events: held.get(path)?.events ?? [] });
    },
    keepFile: (path, event) => {
      const there = held.get(parentOf(path)) ?? { entry: undefined, events: [] };
      there.events.push(event);
      held.set(parentOf(path), there);
    },
    add: (path, file) => {
      folders.leaveTo(parentOf(path));
      batch.push(file.event, file.heldBytes);
    },
    finish: () => {
      enterLast();
      flush(heldFolder);
      flush(lastFolder);
      folders.leaveTo('');
    },
  };
}

interface Batch {
  push(event: CaptureEvent, heldBytes?: number): void;
  isFull(): boolean;
  take(): readonly CaptureEvent[];
}

function makeBatch(): Batch {
  let events: CaptureEvent[] = [];
  let bytes = 0;
  return {
    push: (event, heldBytes = 0) => {
      events.push(event);
      bytes += heldBytes;
    },
    isFull: () => events.length >= eventsMax || bytes >= heldBytesMax,
    take: () => {
      const full = events;
      events = [];
      bytes = 0;
      return full;
    },
  };
}

interface Folders {
  enter(path: string, entry: TarEntry): void;
  /** Leaves all that are not above or at this one. */
  leaveTo(folder: string): void;
  later(folder: string, make: () => CaptureEvent): void;
}

function openFolders(batch: Batch): Folders {
  const open: string[] = [];
  const known = new Set<string>();
  const late = new Map<string, (() => CaptureEvent)[]>();
  const leaveTo = (folder: string): void => {
    while (open.length > 0 && open.at(-1) !== folder) {
      const left = open.pop() ?? '';
      for (const make of late.get(left) ?? []) batch.push(make());
      late.delete(left);
      batch.push({ kind: 'leave' });
    }
    if (folder !== '' && open.length === 0) throw strange(folder);
  };
  return {
    leaveTo,
    enter: (path, entry) => {
      if (known.has(path)) throw strange(path);
      leaveTo(parentOf(path));
      known.add(path);
      open.push(path);
      batch.push({ kind: 'enter', name: nameOf(path), metadata: folderMetadata(entry) });
    },
    later: (folder, make) => {
      const makers = late.get(folder) ?? [];
      makers.push(make);
      late.set(folder, makers);
    },
  };
}

export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

export function nameOf(path: string): Buffer {
  return Buffer.from(path.slice(path.lastIndexOf('/') + 1), 'latin1');
}

export function strange(path: string): LifeboatError {
  return new LifeboatError(
    'SOURCE_INVALID',
    `the server sends ${JSON.stringify(path)} at a place of the base backup where it is not known`,
    { hint: 'Check that Lifeboat knows this version of PostgreSQL.' },
  );
}
