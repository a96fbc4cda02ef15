/**
 * Folders that a program marked as a cache, which nobody needs back.
 * Source: https://bford.info/cachedir/ (the tag's name and the bytes it begins with).
 */
import fs from 'node:fs';
import { type ByteString, joinPath, toBytes } from './byte-path.ts';

export const cacheTagName: ByteString = 'CACHEDIR.TAG';
const signature = Buffer.from('Signature: 8a477f597d28d172789f06886806bc55', 'latin1');

/**
 * Whether the file `CACHEDIR.TAG` in `folder` carries the signature. A tag that cannot be read does not count:
 * backing up too much is the smaller harm, and the tag itself is reported when its turn comes.
 */
export function isTaggedCache(folder: ByteString): boolean {
  const path = toBytes(joinPath(folder, cacheTagName));
  try {
    if (!fs.lstatSync(path).isFile()) return false;
    const file = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
    try {
      const start = Buffer.alloc(signature.length);
      return fs.readSync(file, start, 0, start.length, 0) === start.length && start.equals(signature);
    } finally {
      fs.closeSync(file);
    }
  } catch {
    return false;
  }
}
