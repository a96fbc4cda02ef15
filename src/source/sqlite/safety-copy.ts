/** Keeps a database as it is before another takes its place. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { systemErrorName } from '../../error/lifeboat-error.ts';
import { syncFolder } from '../../platform/atomic-file.ts';
import type { SafetyCopy } from '../destination.ts';
import { copyDurably } from './copy-durably.ts';
import { databaseFiles, existingFiles, sizeOf } from './database-files.ts';

/**
 * Every file gets a second name or, on another disk, a copy; the first name stays, for nothing may be taken away
 * before something else is there. What the log holds may move into the linked main file when the old database is
 * settled before it is replaced: the kept files then hold the same rows.
 */
export async function keepDatabaseFiles(
  target: string,
  folder: string,
  signal?: AbortSignal,
): Promise<SafetyCopy> {
  const kept = path.join(folder, path.dirname(target));
  await fs.mkdir(kept, { recursive: true, mode: 0o700 });
  const files = await existingFiles(databaseFiles(target));
  let bytes = 0;
  for (const file of files) {
    signal?.throwIfAborted();
    bytes += (await sizeOf(file)) ?? 0;
    await linkOrCopy(file, path.join(kept, path.basename(file)));
  }
  await syncFolder(kept);
  return { folder, bytes, problems: [] };
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await fs.link(from, to);
  } catch (error) {
    // Another disk, or a file system without hard links.
    if (!['EXDEV', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK'].includes(systemErrorName(error) ?? ''))
      throw error;
    const temporary = await copyDurably(from, path.dirname(to));
    await fs.rename(temporary, to);
  }
}
