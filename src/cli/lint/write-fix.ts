/** Writes fixed files of a plan: only over what was read, whole or not at all, with the mode and owner they had. */
import { chown, readFile, realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { LifeboatError, systemErrorName } from '../../error/lifeboat-error.ts';
import { writeFileAtomically } from '../../platform/atomic-file.ts';
import type { FixedFile } from './fix-plan.ts';

/**
 * `folder` is what their names count from. All are looked at before the first is written. Raises PLAN_CHANGED when a
 * file is not what was read, and PERMISSION_DENIED.
 */
export async function writeFix(files: readonly FixedFile[], folder: string): Promise<void> {
  const targets = [];
  for (const file of files)
    targets.push({ file, path: await unchanged(file, resolve(folder, file.fileName)) });
  for (const { file, path } of targets) await overwrite(path, file.after);
}

/** Where the file really is: a link to it stays one. */
async function unchanged({ before }: FixedFile, path: string): Promise<string> {
  const real = await told(path, () => realpath(path));
  const bytes = await told(path, () => readFile(real));
  if (bytes.equals(Buffer.from(before))) return real;
  throw new LifeboatError('PLAN_CHANGED', `${path} changed while it was looked at, or is not UTF-8`, {
    hint: 'Nothing was written. Close other editors of the file, see that it is UTF-8, and run the command again.',
  });
}

async function overwrite(path: string, text: string): Promise<void> {
  const { mode, uid, gid } = await told(path, () => stat(path));
  await told(path, () => writeFileAtomically(path, text, mode & 0o7777));
  const now = await stat(path);
  if (now.uid !== uid || now.gid !== gid) await told(path, () => chown(path, uid, gid));
}

async function told<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const errno = systemErrorName(error) ?? '';
    if (!['EACCES', 'EPERM', 'EROFS'].includes(errno)) throw error;
    throw new LifeboatError('PERMISSION_DENIED', `${path} cannot be written`, {
      hint: 'Run as a user who may write the file and its folder.',
      cause: error,
    });
  }
}
