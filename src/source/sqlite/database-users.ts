/** Finds out which other processes have a database open. Source: proc(5), on Linux; elsewhere nothing is seen. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { systemErrorName } from '../../error/lifeboat-error.ts';
import { pid } from '../../platform/host.ts';
import { databaseFiles } from './database-files.ts';

export interface DatabaseUsers {
  readonly processIds: readonly number[];
  /** Some processes belong to other users, and could not be looked at. */
  readonly isPartial: boolean;
}

/**
 * Open descriptors show idle connections too, which hold no lock in rollback mode. The kernel's list of locks adds
 * processes of other users, as long as they hold one.
 */
export async function findDatabaseUsers(databasePath: string): Promise<DatabaseUsers> {
  const files = await identify(databasePath);
  if (files.size === 0) return { processIds: [], isPartial: false };
  const names = new Set(databaseFiles(databasePath).map((file) => path.basename(file)));
  const users = new Set(await lockHolders(files));
  let isPartial = false;
  for (const processId of await processes()) {
    const found = await hasOpen(processId, files, names);
    if (found === 'unseen') isPartial = true;
    else if (found) users.add(processId);
  }
  users.delete(pid());
  return { processIds: [...users].sort((left, right) => left - right), isPartial };
}

/** Device and inode of each file that exists. */
async function identify(databasePath: string): Promise<ReadonlySet<string>> {
  const keys = new Set<string>();
  for (const file of databaseFiles(databasePath)) {
    const key = await statKey(file);
    if (key !== undefined) keys.add(key);
  }
  return keys;
}

async function processes(): Promise<readonly number[]> {
  const names = await unlessGone(() => fs.readdir('/proc'));
  return (names ?? []).map(Number).filter((id) => Number.isInteger(id) && id !== pid());
}

async function hasOpen(
  processId: number,
  files: ReadonlySet<string>,
  names: ReadonlySet<string>,
): Promise<boolean | 'unseen'> {
  const folder = `/proc/${processId}/fd`;
  try {
    for (const descriptor of await fs.readdir(folder)) {
      const link = await unlessGone(() => fs.readlink(`${folder}/${descriptor}`));
      // Another container may have the file under another folder, but hardly under another name.
      if (link === undefined || !names.has(path.basename(link))) continue;
      if (files.has((await statKey(`${folder}/${descriptor}`)) ?? '')) return true;
    }
    return false;
  } catch (error) {
    const name = systemErrorName(error);
    if (name === 'EACCES' || name === 'EPERM') return 'unseen';
    if (name === 'ENOENT' || name === 'ESRCH') return false;
    throw error;
  }
}

/** Lines such as `1: POSIX  ADVISORY  READ 1234 fe:00:5678 1073741826 1073742335`. */
async function lockHolders(files: ReadonlySet<string>): Promise<readonly number[]> {
  const inodes = new Set([...files].map((key) => key.split(':')[1]));
  const text = (await unlessGone(() => fs.readFile('/proc/locks', 'utf8'))) ?? '';
  const holders = text.split('\n').flatMap((line) => {
    const match = /POSIX\s+\S+\s+\S+\s+(\d+)\s+[0-9a-f]+:[0-9a-f]+:(\d+)\s/.exec(line);
    return match !== null && inodes.has(match[2]) ? [Number(match[1])] : [];
  });
  return holders.filter((processId) => processId > 0);
}

async function statKey(file: string): Promise<string | undefined> {
  const stats = await unlessGone(() => fs.stat(file, { bigint: true }));
  return stats === undefined ? undefined : `${stats.dev}:${stats.ino}`;
}

async function unlessGone<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'ENOTDIR'].includes(systemErrorName(error) ?? '')) return undefined;
    throw error;
  }
}
