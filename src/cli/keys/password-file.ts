/** A file that keeps the password of vaults and is ours to change: a plain file of this user, in a folder of theirs. */
import { constants } from 'node:fs';
import { access, lstat, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LifeboatError, systemErrorName } from '../../error/lifeboat-error.ts';
import { syncFolder } from '../../platform/atomic-file.ts';
import { uid } from '../../platform/host.ts';

/** Where the new password waits until it opens every vault. A rotation that was cut off goes on with it. */
export function waitingFile(path: string): string {
  return `${path}.next`;
}

/** Why it is not: in words; `undefined` when it is. Links are made by whoever manages secrets here, and theirs to change. */
export async function whyNotOurs(path: string): Promise<string | undefined> {
  try {
    const facts = await lstat(path);
    if (!facts.isFile()) return 'it is a link or no plain file';
    if (facts.uid !== uid()) return 'it belongs to another user';
    await access(dirname(path), constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return systemErrorName(error) ?? 'it cannot be looked at';
  }
}

/** Durable when the promise resolves: the old password before, the new one after. */
export async function switchFile(path: string): Promise<void> {
  try {
    await rename(waitingFile(path), path);
    await syncFolder(dirname(path));
  } catch (cause) {
    throw new LifeboatError(
      'PERMISSION_DENIED',
      `the new password cannot be put into ${path}: ${systemErrorName(cause) ?? 'unknown error'}`,
      {
        hint: `It waits in ${waitingFile(path)}. Both passwords open the vault; run the command again when the file can be written.`,
        cause,
      },
    );
  }
}
