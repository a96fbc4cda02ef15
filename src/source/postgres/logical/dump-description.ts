/** The file `dump.json` of a snapshot: what was dumped, from where, by what, and how many rows each table has. */
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import type { DatabaseFacts } from './held-snapshot.ts';

export interface DumpDescription {
  readonly version: 1;
  /** `15.18`, of the server and of pg_dump. */
  readonly server: string;
  readonly client: string;
  readonly keeps: 'everything' | 'schema';
  /** Roles and tablespaces: with the hashes of passwords, without them, or not at all. */
  readonly globals: 'whole' | 'without-passwords' | 'none';
  readonly databases: readonly DumpedFacts[];
}

export interface DumpedFacts extends DatabaseFacts {
  /** Its folder below `dump/`. */
  readonly folder: string;
  /** Rows by table, `public.orders`. */
  readonly rows: Readonly<Record<string, number>>;
}

export const dumpFolder = 'dump';
export const descriptionFile = 'dump.json';
export const globalsFile = 'globals.sql';

/** A name may hold what no folder may be called. */
export function folderOf(database: string): string {
  const name = encodeURIComponent(database);
  return name === '.' || name === '..' ? name.replaceAll('.', '%2E') : name;
}

export function encodeDescription(description: DumpDescription): Buffer {
  return Buffer.from(`${JSON.stringify(description, null, 2)}\n`);
}

/** Raises SOURCE_INVALID for what is no description of version 1. */
export function parseDescription(bytes: Buffer): DumpDescription {
  const value: unknown = parseJson(bytes);
  if (!isObject(value) || value['version'] !== 1) throw unreadable();
  const { server, client, keeps, globals, databases } = value;
  if (typeof server !== 'string' || typeof client !== 'string' || !Array.isArray(databases))
    throw unreadable();
  if (keeps !== 'everything' && keeps !== 'schema') throw unreadable();
  if (globals !== 'whole' && globals !== 'without-passwords' && globals !== 'none') throw unreadable();
  return { version: 1, server, client, keeps, globals, databases: databases.map(parseFacts) };
}

function parseFacts(value: unknown): DumpedFacts {
  if (!isObject(value)) throw unreadable();
  const word = (name: string): string => {
    const found = value[name];
    if (typeof found !== 'string') throw unreadable();
    return found;
  };
  const { locale, extensions, bytes, rows } = value;
  if (!Array.isArray(extensions) || typeof bytes !== 'number' || !isObject(rows)) throw unreadable();
  return {
    name: word('name'),
    folder: word('folder'),
    owner: word('owner'),
    encoding: word('encoding'),
    collate: word('collate'),
    ctype: word('ctype'),
    localeProvider: word('localeProvider'),
    locale: typeof locale === 'string' ? locale : null,
    extensions: extensions.filter((one): one is string => typeof one === 'string'),
    bytes,
    rows: Object.fromEntries(Object.entries(rows).map(([table, count]) => [table, Number(count)])),
  };
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    throw unreadable();
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unreadable(): LifeboatError {
  return new LifeboatError(
    'SOURCE_INVALID',
    `${descriptionFile} is not what a logical backup of Lifeboat holds`,
    {
      hint: 'Choose a recovery point of a system with "method: logical".',
    },
  );
}
