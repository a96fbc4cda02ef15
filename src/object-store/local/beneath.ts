import { mkdir, realpath } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { LifeboatError, systemErrorName } from '../../error/lifeboat-error.ts';
import { syncDirectory } from './sync-directory.ts';

/**
 * Whoever can write into the vault's folder could place a symbolic link there; no request follows one out of it.
 * @throws PERMISSION_DENIED when the real path of the key's directory lies elsewhere; ENOENT as the system says it.
 */
export async function checkBeneath(root: string, key: string): Promise<void> {
  const slash = key.lastIndexOf('/');
  if (slash < 0) {
    return;
  }
  const [realRoot, realParent] = await Promise.all([
    realpath(root),
    realpath(join(root, key.slice(0, slash))),
  ]);
  if (realParent !== realRoot && !realParent.startsWith(realRoot + sep)) {
    throw leadsOutside(key, root);
  }
}

/** Makes the directories that `key` needs, and the store's own, and syncs the parent of each new one. */
export async function makeParents(root: string, key: string, mode: number): Promise<void> {
  await makeRoot(root, mode);
  const segments = key.split('/').slice(0, -1);
  for (let depth = 1; depth <= segments.length; depth += 1) {
    const made = segments.slice(0, depth).join('/');
    await checkBeneath(root, made);
    await makeDirectory(join(root, made), mode);
    // Even if it was there already: whoever made it just now may not have come to this line yet.
    await syncDirectory(dirname(join(root, made)));
  }
}

async function makeRoot(root: string, mode: number): Promise<void> {
  try {
    if (await makeDirectory(root, mode)) {
      await syncDirectory(dirname(root));
    }
  } catch (error) {
    if (systemErrorName(error) !== 'ENOENT' || dirname(root) === root) {
      throw error;
    }
    await makeRoot(dirname(root), mode);
    await makeRoot(root, mode);
  }
}

/** Whether it was not there before. */
async function makeDirectory(directory: string, mode: number): Promise<boolean> {
  try {
    await mkdir(directory, { mode });
    return true;
  } catch (error) {
    if (systemErrorName(error) === 'EEXIST') {
      return false;
    }
    throw error;
  }
}

export function leadsOutside(key: string, root: string): LifeboatError {
  return new LifeboatError('PERMISSION_DENIED', `${key} in ${root} is reached through a symbolic link`, {
    hint: 'Find out who placed the link; put real files and folders in its place. Lifeboat follows no link in a vault.',
    details: { key, directory: root },
  });
}
