/** The folders of a restored copy, and whether the user that a server runs as can reach them. */
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LifeboatError, systemErrorName } from '../../../error/lifeboat-error.ts';
import { namesIn } from '../names-in.ts';
import { giveTo, type ServerUser } from './server-user.ts';

/** Where the restored tablespaces lie, by OID. `folder` is the restored `/postgresql`. */
export async function tablespacesIn(folder: string): Promise<ReadonlyMap<string, string>> {
  const at = path.join(folder, 'tablespaces');
  const names = await namesIn(at);
  return new Map(names.map((oid) => [oid, path.join(at, oid)]));
}

/** The name of a socket may not be long, and restored folders lie deep. */
export async function makeSocketFolder(
  user: ServerUser | undefined,
  owned: AsyncDisposableStack,
): Promise<string> {
  const folder = await fs.mkdtemp(path.join(tmpdir(), 'lifeboat-'));
  owned.defer(async () => await fs.rm(folder, { recursive: true, force: true }));
  await giveTo(user, folder);
  return folder;
}

/** The folders at and above `folder` that the user cannot enter, the lowest first. What is not there yet is none. */
export async function closedFolders(
  user: ServerUser | undefined,
  folder: string,
): Promise<readonly { readonly folder: string; readonly mode: number }[]> {
  if (user === undefined) return [];
  const closed: { readonly folder: string; readonly mode: number }[] = [];
  for (let at = path.resolve(folder); at !== path.dirname(at); at = path.dirname(at)) {
    const stats = await statIfThere(at);
    if (stats === undefined) continue;
    const { mode, uid: owner, gid: group } = stats;
    const mayEnter =
      (mode & 0o001) !== 0 || owner === user.uid || (group === user.gid && (mode & 0o010) !== 0);
    if (!mayEnter) closed.push({ folder: at, mode: mode & 0o7777 });
  }
  return closed;
}

export function closedTo(folder: string, hint: string): LifeboatError {
  return new LifeboatError(
    'PERMISSION_DENIED',
    `the folder ${folder} cannot be entered by the user that the server runs as`,
    { hint: `PostgreSQL does not run as root: ${hint}` },
  );
}

async function statIfThere(folder: string) {
  try {
    return await fs.stat(folder);
  } catch (error) {
    if (systemErrorName(error) === 'ENOENT') return undefined;
    throw error;
  }
}
