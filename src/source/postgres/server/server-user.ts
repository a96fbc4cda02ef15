/** Under whose name a server runs: PostgreSQL refuses to run as root. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import { uid } from '../../../platform/host.ts';
import { groupId, userId } from '../../../platform/posix/accounts.ts';

export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

const usualNames = ['postgres', 'nobody'];
const groupNames = ['postgres', 'nogroup', 'nobody'];

/** `undefined` when this process is not root: the server then runs as the same user. Raises CONFIG_INVALID. */
export function serverUser(name?: string): ServerUser | undefined {
  if (uid() !== 0) return undefined;
  const wanted = name === undefined ? usualNames : [name];
  const found = wanted.map((each) => userId(each)).find((id) => id !== undefined && id !== 0);
  if (found === undefined) {
    throw new LifeboatError(
      'CONFIG_INVALID',
      `there is no user ${wanted.join(' or ')} to run the server as`,
      {
        hint: 'PostgreSQL does not run as root: create a user named postgres, or run Lifeboat as another user.',
      },
    );
  }
  const group = [...(name === undefined ? [] : [name]), ...groupNames].map((each) => groupId(each));
  return { uid: found, gid: group.find((id) => id !== undefined) ?? found };
}

/** Gives a folder and all below it to the user; links themselves, not what they lead to. */
export async function giveTo(user: ServerUser | undefined, folder: string): Promise<void> {
  if (user === undefined) return;
  await fs.lchown(folder, user.uid, user.gid);
  for (const entry of await fs.readdir(folder, { withFileTypes: true })) {
    const below = path.join(folder, entry.name);
    if (entry.isDirectory()) await giveTo(user, below);
    else await fs.lchown(below, user.uid, user.gid);
  }
}
