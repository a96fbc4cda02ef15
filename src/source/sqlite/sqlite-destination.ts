/** Puts a restored database in the place of the one that applications use. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { LifeboatError, systemErrorName } from '../../error/lifeboat-error.ts';
import { syncFolder } from '../../platform/atomic-file.ts';
import { uid } from '../../platform/host.ts';
import type { Destination } from '../destination.ts';
import type { SourceFinding } from '../source.ts';
import { moveDurably } from './copy-durably.ts';
import { companionFiles, databaseFiles, existingFiles, sizeOf } from './database-files.ts';
import { findDatabaseUsers } from './database-users.ts';
import { inPlace } from './file-failure.ts';
import { isWritable } from './is-writable.ts';
import { keepDatabaseFiles } from './safety-copy.ts';
import { settleDatabase } from './settle-database.ts';

export interface SqliteDestinationOptions {
  /** Absolute path of the database file; a link there is followed. */
  readonly path: string;
}

/**
 * The database and its log, index and journal are one: they are kept together, and the old log never meets the new
 * database, because SQLite would replay it there. Refuses with RESTORE_REFUSED while another process has the database
 * open, DISK_FULL and PERMISSION_DENIED where the system does; a process that opens it meanwhile keeps working on the old file, which has no name any more.
 */
export function createSqliteDestination(options: SqliteDestinationOptions): Destination {
  return {
    description: `SQLite database ${options.path}, in place`,
    targets: [Buffer.from(path.normalize(options.path))],
    preflight: async () => checkPlace(await targetOf(options.path)),
    overwrites: async () => existingFiles(databaseFiles(await targetOf(options.path))),
    keepSafetyCopy: async (folder, signal) => {
      const target = await targetOf(options.path);
      await refuseWhileOpen(target);
      return inPlace(folder, () => keepDatabaseFiles(target, folder, signal));
    },
    receive: async (staged, signal) => {
      const target = await targetOf(options.path);
      await refuseWhileOpen(target);
      await inPlace(target, () => replaceDatabase(path.join(staged, options.path), target, signal));
      return 1;
    },
  };
}

/**
 * In this order a crash leaves the old database, complete in itself, or the new one: first the new one is brought
 * beside it, then the old one takes up what its log holds, then the companions go, then the new one gets the name.
 */
async function replaceDatabase(staged: string, target: string, signal?: AbortSignal): Promise<void> {
  await requireStaged(staged);
  const folder = path.dirname(target);
  await fs.mkdir(folder, { recursive: true });
  const temporary = await moveDurably(staged, folder);
  try {
    signal?.throwIfAborted();
    if ((await sizeOf(target)) !== undefined) await settleDatabase(target);
    for (const companion of companionFiles(target)) await fs.rm(companion, { force: true });
    await syncFolder(folder);
    await fs.rename(temporary, target);
  } catch (error) {
    await fs.rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

async function requireStaged(staged: string): Promise<void> {
  if ((await sizeOf(staged)) === undefined) {
    throw new LifeboatError('PATH_NOT_FOUND', `the restored database ${staged} is not there`, {
      hint: 'Choose a recovery point that holds this database; "lifeboat ls" shows what is inside.',
    });
  }
  for (const companion of companionFiles(staged)) {
    // An index alone holds nothing; a log or journal does.
    if (companion.endsWith('-shm') || ((await sizeOf(companion)) ?? 0) === 0) continue;
    throw new LifeboatError('RESTORE_REFUSED', `the restored database has a log of its own, ${companion}`, {
      hint: 'This was backed up as plain files: restore it to a folder, open it there once with sqlite3, and copy it.',
    });
  }
}

async function checkPlace(target: string): Promise<readonly SourceFinding[]> {
  const { processIds, isPartial } = await findDatabaseUsers(target);
  const findings: SourceFinding[] = [];
  const folder = await nearestFolder(path.dirname(target));
  if (!(await isWritable(folder))) {
    findings.push({
      severity: 'error',
      message: `the folder ${folder} cannot be written`,
      hint: 'Run the restore as a user who may write there, or restore to another folder with --to.',
    });
  }
  if (processIds.length > 0) {
    const error = stillOpen(target, processIds);
    findings.push({ severity: 'error', message: error.message, hint: error.hint ?? '' });
  }
  if (isPartial) {
    findings.push({
      severity: 'warning',
      message: `processes of other users may have database ${target} open`,
      hint: unseenHint(),
    });
  }
  return findings;
}

/** In a container root may not look into every process either. */
function unseenHint(): string {
  return uid() === 0
    ? 'Stop the application first: this system hides some processes from root as well.'
    : 'Stop the application first, or run the restore as root so that they can be seen.';
}

/** The folder itself, or what is left of the way to it. */
async function nearestFolder(folder: string): Promise<string> {
  if ((await sizeOf(folder)) !== undefined || folder === path.dirname(folder)) return folder;
  return nearestFolder(path.dirname(folder));
}

async function refuseWhileOpen(target: string): Promise<void> {
  const { processIds } = await findDatabaseUsers(target);
  if (processIds.length > 0) throw stillOpen(target, processIds);
}

function stillOpen(target: string, processIds: readonly number[]): LifeboatError {
  return new LifeboatError(
    'RESTORE_REFUSED',
    `database ${target} is open in process ${processIds.join(', ')}`,
    { hint: 'Stop the application, then restore again.', details: { processIds } },
  );
}

/** Where the link leads, as far as it leads anywhere. */
async function targetOf(given: string): Promise<string> {
  try {
    return await fs.realpath(given);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorName(error) ?? '')) return path.resolve(given);
    throw error;
  }
}
