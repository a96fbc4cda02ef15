/** From what a folder holds to the systems that a plan could have. */
import { basename, dirname, relative, sep } from 'node:path';
import type { ChosenSystem } from './init-choices.ts';
import type { FolderContent, FolderTally } from './inspect-folder.ts';
import { nameFrom, unusedName } from './system-name.ts';

export interface ProposedSystem extends ChosenSystem {
  /** What it is, for the person who decides: `SQLite database data/orders.db`. */
  readonly says: string;
}

/** A wizard that lists more helps nobody. */
const systemsMax = 30;

/** Folders into which programs put what people give them. */
const uploadNames: ReadonlySet<string> = new Set(
  'upload uploads media storage files attachments documents images photos pictures avatars data'.split(' '),
);
/** A folder with another name counts from so many files on, if nearly all are documents. */
const documentsMin = 50;
const documentsShareMin = 0.8;

/** Databases first, then folders, then dotenv files. `folder` is the inspected one. */
export function proposeSystems(folder: string, content: FolderContent): readonly ProposedSystem[] {
  const taken = new Set<string>();
  const named = (name: string): string => {
    const unused = unusedName(name, taken);
    taken.add(unused);
    return unused;
  };
  const place = (path: string): string => relative(folder, path) || '.';
  const databases = content.databases.map(
    (path): ProposedSystem => ({
      name: named(databaseName(path)),
      source: { kind: 'sqlite', path },
      says: `SQLite database ${place(path)}`,
    }),
  );
  const folders = uploadFolders(content.folders).map((tally): ProposedSystem => {
    const exclude = databaseExcludes(tally.path, content.databases);
    const without = exclude.length === 0 ? '' : ', databases left out';
    const name = named(nameFrom(basename(tally.path), 'files'));
    const source = { kind: 'files', paths: [tally.path], exclude } as const;
    return {
      name,
      source,
      says: `folder ${place(tally.path)}, ${countOf(tally, content.complete)}${without}`,
    };
  });
  return [...databases, ...folders, ...settings(content.dotenvFiles, named, place)].slice(0, systemsMax);
}

function databaseName(path: string): string {
  const stem = basename(path).replace(/\.(db|db3|sqlite|sqlite3|s3db)$/i, '');
  const name = nameFrom(stem, 'database');
  return /(^|-)(db|database)$/.test(name) ? name : `${name}-db`;
}

/** The outermost ones that look like it; the inspected folder itself is never one. */
function uploadFolders(folders: readonly FolderTally[]): readonly FolderTally[] {
  const chosen: FolderTally[] = [];
  for (const tally of folders) {
    const isBelow = chosen.some(({ path }) => isWithin(tally.path, path));
    if (!isBelow && looksLikeUploads(tally)) chosen.push(tally);
  }
  return chosen;
}

function looksLikeUploads({ path, depth, files, documents }: FolderTally): boolean {
  if (depth === 0 || files === 0) return false;
  if (uploadNames.has(basename(path).toLowerCase())) return true;
  return documents >= documentsMin && documents >= files * documentsShareMin;
}

function countOf({ files }: FolderTally, complete: boolean): string {
  return `${complete ? '' : 'at least '}${files} ${files === 1 ? 'file' : 'files'}`;
}

/**
 * Leaves the databases that are systems of their own out of the folders they lie in: a copy of the bare file while it
 * is written to is worthless.
 */
export function withoutDatabases(systems: readonly ChosenSystem[]): readonly ChosenSystem[] {
  const databases = systems.flatMap(({ source }) => (source.kind === 'sqlite' ? [source.path] : []));
  return systems.map((system) => {
    const { source } = system;
    if (source.kind !== 'files') return system;
    const exclude = source.paths.flatMap((folder) => databaseExcludes(folder, databases));
    return { ...system, source: { ...source, exclude } };
  });
}

function databaseExcludes(folder: string, databases: readonly string[]): readonly string[] {
  return databases
    .filter((path) => path !== folder && isWithin(path, folder))
    .map((path) => `/${escaped(relative(folder, path))}`)
    .flatMap((pattern) => [pattern, ...['-wal', '-shm', '-journal'].map((end) => pattern + end)]);
}

function escaped(path: string): string {
  return path.replaceAll(/[\\*?[\]!# ]/g, '\\$&');
}

export function isWithin(path: string, folder: string): boolean {
  const from = folder.endsWith(sep) ? folder : folder + sep;
  return path === folder || path.startsWith(from);
}

/** All dotenv files of one folder are one system. */
function settings(
  files: readonly string[],
  named: (name: string) => string,
  place: (path: string) => string,
): readonly ProposedSystem[] {
  const byFolder = new Map<string, string[]>();
  for (const path of files) byFolder.set(dirname(path), [...(byFolder.get(dirname(path)) ?? []), path]);
  return [...byFolder.entries()].map(([folder, paths]) => {
    const below = place(folder);
    return {
      name: named(below === '.' ? 'settings' : nameFrom(`${below}-settings`, 'settings')),
      source: { kind: 'env', files: paths },
      says: `settings ${paths.map(place).join(', ')}, values are not shown`,
    };
  });
}
