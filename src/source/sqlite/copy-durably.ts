/** Copies or moves a file with its owner, mode and times, such that it survives a loss of power. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { systemErrorName } from '../../error/lifeboat-error.ts';
import { setTimesFd } from '../../platform/posix/file-times.ts';
import { randomHex } from '../../platform/random.ts';

const randomNameBytes = 8;
const permissionBits = 0o7777;

/** Into a new hidden file in the folder, whose path it gives. On an error nothing is left. */
export async function copyDurably(from: string, folder: string): Promise<string> {
  const to = temporaryIn(folder, from);
  try {
    await fs.copyFile(from, to, fs.constants.COPYFILE_EXCL | fs.constants.COPYFILE_FICLONE);
    await takeOver(from, to);
    return to;
  } catch (error) {
    await fs.rm(to, { force: true });
    throw error;
  }
}

/**
 * As `copyDurably`, but a file on the same file system needs no room: it is moved. On an error nothing is left in the
 * folder; `from` may be gone.
 */
export async function moveDurably(from: string, folder: string): Promise<string> {
  const to = temporaryIn(folder, from);
  await syncFile(from);
  try {
    await fs.rename(from, to);
    return to;
  } catch (error) {
    if (systemErrorName(error) !== 'EXDEV') throw error;
    return await copyDurably(from, folder);
  }
}

function temporaryIn(folder: string, file: string): string {
  return path.join(folder, `.${path.basename(file)}.${randomHex(randomNameBytes)}.tmp`);
}

async function syncFile(name: string): Promise<void> {
  const file = await fs.open(name, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function takeOver(from: string, to: string): Promise<void> {
  const stats = await fs.stat(from, { bigint: true });
  const file = await fs.open(to, 'r+');
  try {
    await giveTo(file, Number(stats.uid), Number(stats.gid));
    await file.chmod(Number(stats.mode) & permissionBits);
    setTimesFd(file.fd, { atimeNs: stats.atimeNs, mtimeNs: stats.mtimeNs });
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Only root may give files away; for others the file is theirs, as everything that they restore. */
async function giveTo(file: fs.FileHandle, uid: number, gid: number): Promise<void> {
  try {
    await file.chown(uid, gid);
  } catch (error) {
    if (systemErrorName(error) !== 'EPERM') throw error;
  }
}
