/** Dumps one database into a folder, in the form that pg_restore reads, and decodes all of it once. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import type { HeldSnapshot } from './held-snapshot.ts';
import { type ClientRun, runClient } from './run-client.ts';

export interface DumpOptions {
  readonly jobs: number;
  readonly keeps: 'everything' | 'schema';
}

export interface DumpedDatabase {
  readonly folder: string;
  /** Sorted. */
  readonly files: readonly DumpedFile[];
}

export interface DumpedFile {
  readonly name: string;
  /** The oid of the table whose rows it holds; absent for the table of contents and for large objects. */
  readonly table?: number;
}

/** After it another session's lock on a table counts as in the way. */
const lockWaitMs = 60_000;

/**
 * The dump is of the snapshot that is held. Raises what `runClient` raises, and SOURCE_DAMAGED when the dump lacks the
 * rows of a table that it tells of.
 */
export async function dumpDatabase(
  run: ClientRun,
  held: HeldSnapshot,
  folder: string,
  options: DumpOptions,
): Promise<DumpedDatabase> {
  const what = `the dump of database ${held.database}`;
  const values = [
    '--format=directory',
    `--jobs=${options.jobs}`,
    '--compress=0',
    `--snapshot=${held.id}`,
    `--lock-wait-timeout=${lockWaitMs}`,
    ...(options.keeps === 'schema' ? ['--schema-only'] : []),
    '--no-password',
    `--file=${folder}`,
  ];
  await runClient(run, 'pg_dump', values, what);
  await runClient(run, 'pg_restore', ['--file=/dev/null', folder], `reading ${what} back`);
  const list = await runClient(run, 'pg_restore', ['--list', folder], `reading ${what} back`);
  return { folder, files: await filesOf(folder, tablesByFile(list), what) };
}

async function filesOf(
  folder: string,
  tables: ReadonlyMap<string, number>,
  what: string,
): Promise<readonly DumpedFile[]> {
  const names = (await fs.readdir(folder)).toSorted();
  const there = new Set(names);
  const [lost] = [...tables.keys()].filter((name) => !there.has(name));
  if (lost !== undefined) {
    throw new LifeboatError('SOURCE_DAMAGED', `${what} lacks ${path.join(folder, lost)}, which it tells of`, {
      hint: 'Run the backup again, and look at the disk of the work folder.',
    });
  }
  return names.map((name) => {
    const table = tables.get(name);
    return table === undefined ? { name } : { name, table };
  });
}

/**
 * A line is `3370; 0 16386 TABLE DATA public orders owner`: the number of the entry, which names its file, and the oid
 * of the table.
 */
function tablesByFile(list: string): ReadonlyMap<string, number> {
  const found = list.matchAll(/^(\d+); \d+ (\d+) TABLE DATA /gm);
  return new Map(Array.from(found, ([, entry = '', oid = '']) => [`${entry}.dat`, Number(oid)] as const));
}
