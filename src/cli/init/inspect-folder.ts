/** Looks what a folder holds that somebody would miss. Reads names, and the first bytes of files; never a value. */
import { constants } from 'node:fs';
import { open, opendir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { systemErrorName } from '../../error/lifeboat-error.ts';

export interface FolderContent {
  /** Absolute paths, in the order of the walk: what lies higher comes first. */
  readonly databases: readonly string[];
  readonly dotenvFiles: readonly string[];
  /** Every folder that was read, the inspected one included. */
  readonly folders: readonly FolderTally[];
  /** False when a bound was reached before the end. */
  readonly complete: boolean;
}

/** What lies in a folder and below it, databases not counted. */
export interface FolderTally {
  readonly path: string;
  readonly depth: number;
  readonly files: number;
  /** Of these, pictures, documents and the like: what people put there, not programs. */
  readonly documents: number;
}

export interface InspectOptions {
  /** A clock for durations. */
  readonly monotonicMs: () => number;
  readonly signal: AbortSignal;
  /** Smaller in tests only. */
  readonly bounds?: InspectBounds;
}

export interface InspectBounds {
  readonly depthMax: number;
  readonly entriesMax: number;
  readonly durationMsMax: number;
}

const boundsDefault: InspectBounds = { depthMax: 8, entriesMax: 50_000, durationMsMax: 5_000 };

/** Made anew by tools, or too many to be looked at. */
const skippedFolders: ReadonlySet<string> = new Set([
  ...['node_modules', 'bower_components', 'vendor', '__pycache__', 'venv', 'target', 'dist', 'lost+found'],
  ...['tmp', 'temp', 'cache', 'proc', 'sys'],
]);

const documentEndings: ReadonlySet<string> = new Set(
  (
    'jpg jpeg png gif webp svg tif tiff heic avif bmp mp4 mov mkv webm avi mp3 wav flac ogg m4a ' +
    'pdf doc docx xls xlsx ppt pptx odt ods odp csv txt rtf eml zip gz dcm psd ai dwg'
  )
    .split(' ')
    .map((ending) => `.${ending}`),
);

/** Examples for people to copy hold no secret and are in version control. */
const dotenvExample = /\.(example|sample|template|dist|test|schema)$/i;

interface Tally {
  readonly path: string;
  readonly depth: number;
  readonly above: Tally | undefined;
  files: number;
  documents: number;
}

interface Walk {
  readonly options: InspectOptions;
  readonly bounds: InspectBounds;
  readonly endMs: number;
  readonly queue: Tally[];
  readonly databases: string[];
  readonly dotenvFiles: string[];
  entries: number;
  complete: boolean;
}

/** `folder` is absolute. What cannot be read is left out; the folder itself must be readable, else the system's error. */
export async function inspectFolder(folder: string, options: InspectOptions): Promise<FolderContent> {
  const bounds = options.bounds ?? boundsDefault;
  const walk: Walk = {
    options,
    bounds,
    endMs: options.monotonicMs() + bounds.durationMsMax,
    queue: [{ path: folder, depth: 0, above: undefined, files: 0, documents: 0 }],
    databases: [],
    dotenvFiles: [],
    entries: 0,
    complete: true,
  };
  const read: Tally[] = [];
  for (let next = walk.queue.shift(); next !== undefined; next = walk.queue.shift()) {
    if (isOver(walk)) break;
    if (await readFolder(walk, next)) read.push(next);
  }
  const { databases, dotenvFiles, complete } = walk;
  const folders = read.map(({ path, depth, files, documents }) => ({ path, depth, files, documents }));
  return { databases, dotenvFiles, folders, complete };
}

function isOver(walk: Walk): boolean {
  walk.options.signal.throwIfAborted();
  const over = walk.entries >= walk.bounds.entriesMax || walk.options.monotonicMs() > walk.endMs;
  if (over) walk.complete = false;
  return over;
}

/** False for folders that are not looked into. */
async function readFolder(walk: Walk, tally: Tally): Promise<boolean> {
  const entries = await entriesOf(walk, tally);
  if (entries === undefined || isVault(entries)) return false;
  for (const entry of entries) {
    if (isOver(walk)) return true;
    if (entry.isDirectory) enqueue(walk, tally, entry.name);
    else await countFile(walk, tally, entry.name);
  }
  return true;
}

interface Entry {
  readonly name: string;
  readonly isDirectory: boolean;
}

/** Folders and regular files by name; links are not followed. A name that is not UTF-8 cannot stand in a plan. */
async function entriesOf(walk: Walk, { path, depth }: Tally): Promise<readonly Entry[] | undefined> {
  const entries: Entry[] = [];
  try {
    for await (const entry of await opendir(path)) {
      walk.entries += 1;
      if (isOver(walk)) break;
      if (entry.name.includes('\uFFFD')) continue;
      if (entry.isDirectory() || entry.isFile())
        entries.push({ name: entry.name, isDirectory: entry.isDirectory() });
    }
  } catch (error) {
    if (depth > 0 && systemErrorName(error) !== undefined) return undefined;
    throw error;
  }
  return entries.sort((left, right) => (left.name < right.name ? -1 : 1));
}

/** A repository, ours or restic's: a backup of backups is not what anybody means. */
function isVault(entries: readonly Entry[]): boolean {
  const names = new Set(entries.map(({ name }) => name));
  return ['config', 'keys', 'data', 'snapshots'].every((name) => names.has(name));
}

function enqueue(walk: Walk, above: Tally, name: string): void {
  if (name.startsWith('.') || skippedFolders.has(name.toLowerCase())) return;
  if (above.depth >= walk.bounds.depthMax) walk.complete = false;
  else
    walk.queue.push({
      path: join(above.path, name),
      depth: above.depth + 1,
      above,
      files: 0,
      documents: 0,
    });
}

async function countFile(walk: Walk, folder: Tally, name: string): Promise<void> {
  const path = join(folder.path, name);
  if (name === '.env' || (name.startsWith('.env.') && !dotenvExample.test(name))) {
    walk.dotenvFiles.push(path);
    return;
  }
  if (/-(wal|shm|journal)$/.test(name)) return;
  const isDocument = documentEndings.has(extname(name).toLowerCase());
  if (!isDocument && (await isDatabase(path))) {
    walk.databases.push(path);
    return;
  }
  for (let above: Tally | undefined = folder; above !== undefined; above = above.above) {
    above.files += 1;
    if (isDocument) above.documents += 1;
  }
}

const databaseMagic = Buffer.from('SQLite format 3\0');

/** By its first bytes, whatever its name. Source: https://sqlite.org/fileformat2.html#the_database_header. */
export async function isDatabase(path: string): Promise<boolean> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const start = Buffer.alloc(databaseMagic.length);
    const { bytesRead } = await file.read(start, 0, start.length, 0);
    return bytesRead === start.length && start.equals(databaseMagic);
  } catch (error) {
    if (systemErrorName(error) !== undefined) return false;
    throw error;
  }
}
