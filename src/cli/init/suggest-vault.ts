/** Where a vault could go: another disk than the data's, if this machine has one that can be written. */
import { access, constants, readFile, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorName } from '../../error/lifeboat-error.ts';
import { homeDirectory } from '../../platform/environment.ts';
import { deviceOf } from './device-of.ts';

export interface VaultSuggestion {
  readonly path: string;
  readonly isOtherDisk: boolean;
}

/** File systems that keep what is written when the power goes; memory, containers' layers and images do not. */
const lastingKinds: ReadonlySet<string> = new Set(
  (
    'ext2 ext3 ext4 xfs btrfs zfs f2fs jfs reiserfs bcachefs vfat exfat ntfs ntfs3 fuseblk ' +
    'nfs nfs4 cifs smb3 fuse.sshfs ceph glusterfs fuse.glusterfs'
  ).split(' '),
);

/** What belongs to the system and is small. */
const systemPlaces = /^\/(boot|efi|snap|proc|sys|dev|run(?!\/media))(\/|$)/;
const mountsMax = 500;

/** `folder` holds the data; `name` becomes part of the path. The disk with the most room is taken. */
export async function suggestVault(folder: string, name: string): Promise<VaultSuggestion> {
  const own = await deviceOf(folder);
  const rooms = await Promise.all((await mountPoints()).map((path) => roomAt(path, own)));
  const [best] = rooms
    .filter((room) => room !== undefined)
    .sort((left, right) => (left.freeBytes < right.freeBytes ? 1 : -1));
  if (best !== undefined) return { path: join(best.path, 'lifeboat', name), isOtherDisk: true };
  return { path: join(homeDirectory(), 'lifeboat-vaults', name), isOtherDisk: false };
}

interface Room {
  readonly path: string;
  readonly freeBytes: bigint;
}

/** `undefined` for places that are on the same disk, or that this user cannot write. */
async function roomAt(mountPoint: string, own: string | undefined): Promise<Room | undefined> {
  const path = mountPoint === '/' ? '/var/backups' : mountPoint;
  try {
    const { dev } = await stat(path, { bigint: true });
    if (own === undefined || String(dev) === own) return undefined;
    await access(path, constants.W_OK | constants.X_OK);
    const { bavail, bsize } = await statfs(path, { bigint: true });
    return { path, freeBytes: bavail * bsize };
  } catch (error) {
    if (systemErrorName(error) !== undefined) return undefined;
    throw error;
  }
}

async function mountPoints(): Promise<readonly string[]> {
  try {
    return parseMounts(await readFile('/proc/self/mountinfo', 'utf8'));
  } catch (error) {
    if (systemErrorName(error) !== undefined) return [];
    throw error;
  }
}

/** Mount points of whole, lasting file systems. Source: proc_pid_mountinfo(5), fields 4, 5 and the one after `-`. */
export function parseMounts(text: string): readonly string[] {
  return text
    .split('\n')
    .slice(0, mountsMax)
    .flatMap((line) => {
      const [before = '', after = ''] = line.split(' - ');
      const [, , , root, point = ''] = before.split(' ');
      const path = point.replaceAll(/\\([0-7]{3})/g, (_all, octal: string) =>
        String.fromCharCode(Number.parseInt(octal, 8)),
      );
      const isWhole = root === '/' || root?.startsWith('/@') === true;
      return isWhole && lastingKinds.has(after.split(' ')[0] ?? '') && !systemPlaces.test(path) ? [path] : [];
    });
}
