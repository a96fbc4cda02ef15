/** The files that make one database: its log, the log's index and its journal belong to it until they are gone. */
import fs from 'node:fs/promises';
import { systemErrorName } from '../../error/lifeboat-error.ts';

const companionSuffixes = ['-wal', '-shm', '-journal'] as const;

/** The main file first, whether it exists or not. */
export function databaseFiles(path: string): readonly string[] {
  return [path, ...companionFiles(path)];
}

export function companionFiles(path: string): readonly string[] {
  return companionSuffixes.map((suffix) => path + suffix);
}

export async function existingFiles(paths: readonly string[]): Promise<readonly string[]> {
  const sizes = await Promise.all(paths.map(sizeOf));
  return paths.filter((_, index) => sizes[index] !== undefined);
}

/** In bytes; `undefined` when there is no such file. A link at the end is followed. */
export async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await fs.stat(path)).size;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorName(error) ?? '')) return undefined;
    throw error;
  }
}
