/** Whether this user may make files in a folder. */
import fs from 'node:fs/promises';
import { systemErrorName } from '../../error/lifeboat-error.ts';

export async function isWritable(folder: string): Promise<boolean> {
  try {
    await fs.access(folder, fs.constants.W_OK);
    return true;
  } catch (error) {
    if (['EACCES', 'EPERM', 'EROFS'].includes(systemErrorName(error) ?? '')) return false;
    throw error;
  }
}
