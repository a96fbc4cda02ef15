import { LifeboatError } from '../error/lifeboat-error.ts';
import { absolutePath } from '../platform/absolute-path.ts';

/** Where a vault is. A union, because folders are only the first kind. */
export interface Location {
  readonly kind: 'folder';
  /** Absolute. */
  readonly path: string;
}

const laterKinds = /^(s3|azure|gs|b2|swift|sftp|rest|rclone|https?):/i;
const anyScheme = /^([a-z][a-z0-9+.-]*):\/\//i;

/** A path counts from `folder`, which is absolute, or from the home folder with `~/`. Raises USAGE for kinds that are not there yet. */
export function parseLocation(text: string, folder: string): Location {
  if (text.trim() === '') {
    throw new LifeboatError('USAGE', 'the location of the vault is empty', {
      hint: 'Name a folder, such as /mnt/backup/vault.',
    });
  }
  const kind = (laterKinds.exec(text) ?? anyScheme.exec(text))?.[1];
  if (kind !== undefined) {
    throw new LifeboatError('USAGE', `a vault at a location of kind "${kind}:" comes later`, {
      hint: 'Use a folder for now; a mounted share or disk is one.',
    });
  }
  return { kind: 'folder', path: absolutePath(text, folder) };
}
