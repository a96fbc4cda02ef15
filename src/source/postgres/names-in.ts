import fs from 'node:fs/promises';
import { systemErrorName } from '../../error/lifeboat-error.ts';

/** Of what a folder holds; nothing where there is none. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await fs.readdir(folder);
  } catch (error) {
    if (systemErrorName(error) === 'ENOENT') return [];
    throw error;
  }
}
