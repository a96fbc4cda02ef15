/** Finds a database and what its file says of itself, without disturbing anybody's locks. */
import fs from 'node:fs';
import path from 'node:path';
import { LifeboatError, systemErrorName } from '../../error/lifeboat-error.ts';
import { type DatabaseHeader, databaseHeaderBytes, parseDatabaseHeader } from './database-header.ts';
import { holdDescriptor } from './held-descriptor.ts';
import { readFully } from './page-snapshot.ts';

export interface Located {
  /** As the plan names it; a link may lie on the way. */
  readonly path: string;
  /** Where the file is; SQLite keeps its log beside it. */
  readonly realPath: string;
  readonly mainDescriptor: number;
  readonly journal: 'wal' | 'rollback';
  /** Absent for an empty file, which is an empty database. */
  readonly header: DatabaseHeader | undefined;
}

/** Raises SOURCE_MISSING, SOURCE_DENIED or SOURCE_INVALID. */
export function findDatabase(given: string): Located {
  if (!path.isAbsolute(given)) {
    throw new LifeboatError('SOURCE_INVALID', `the path ${given} is not absolute`, {
      hint: 'Give the path of the database from the root on.',
    });
  }
  try {
    return locateDatabase(path.normalize(given), fs.realpathSync(given));
  } catch (error) {
    throw explained(given, error);
  }
}

/** Raises SOURCE_INVALID when the file is not a database, and the errors of open(2). */
function locateDatabase(given: string, realPath: string): Located {
  if (!fs.statSync(realPath).isFile()) throw notDatabase(given);
  const mainDescriptor = holdDescriptor(realPath);
  const bytes = Buffer.alloc(databaseHeaderBytes);
  const read = readFully(mainDescriptor, bytes, 0);
  if (read === 0) return { path: given, realPath, mainDescriptor, journal: 'rollback', header: undefined };
  const header = parseDatabaseHeader(bytes.subarray(0, read));
  if (header === undefined) throw notDatabase(given);
  return { path: given, realPath, mainDescriptor, journal: header.journal, header };
}

/** False when the path leads to another file by now, so that SQLite may have opened that one. */
export function isStillInPlace({ realPath, mainDescriptor }: Located): boolean {
  const held = fs.fstatSync(mainDescriptor, { bigint: true });
  const named = fs.statSync(realPath, { bigint: true, throwIfNoEntry: false });
  return named?.ino === held.ino && named.dev === held.dev;
}

function notDatabase(path: string): LifeboatError {
  return new LifeboatError('SOURCE_INVALID', `${path} is not an SQLite database, or it is encrypted`, {
    hint: 'Check the path in the plan; back up other formats with a files source.',
  });
}

function explained(given: string, error: unknown): unknown {
  const name = systemErrorName(error);
  if (name === 'ENOENT' || name === 'ENOTDIR') {
    return new LifeboatError('SOURCE_MISSING', `database ${given} does not exist`, {
      hint: 'Check the path in the plan; if the database was lost, restore it.',
      cause: error,
    });
  }
  if (name === 'EACCES' || name === 'EPERM') {
    return new LifeboatError('SOURCE_DENIED', `database ${given} cannot be read with these permissions`, {
      hint: 'Run Lifeboat as the user of the application, or give its user access to the file and its folder.',
      cause: error,
    });
  }
  return error;
}
