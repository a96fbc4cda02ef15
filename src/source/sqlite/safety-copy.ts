/** Moves a database out of the way, complete. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { systemErrorName } from '../../error/lifeboat-error.ts';
import { syncFolder } from '../../platform/atomic-file.ts';
import type { SafetyCopy } from '../destination.ts';
import { copyDurably } from './copy-durably.ts';
import { databaseFiles, existingFiles, sizeOf } from './database-files.ts';

/**
 * Every file gets its second name (or, on another disk, its copy) before the first one loses its old name, so that no
 * crash separates a database from its log. The main file goes first: without it SQLite ignores what is left.
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
  for (const file of files) await fs.unlink(file);
  if (files.length > 0) await syncFolder(path.dirname(target));
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
