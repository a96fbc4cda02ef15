/** Counts what is really in a restored folder, by walking it: nothing is taken from the snapshot. */
import { lstatSync, readdirSync } from 'node:fs';
import type { ManifestContents } from '../recovery-point/manifest.ts';

export type EntryCounts = Omit<ManifestContents, 'digest'>;

/** Bytes are the sizes of regular files. Entries of the root named in `leaveOut` do not count. */
export function countEntries(root: string, leaveOut: readonly string[]): EntryCounts {
  const counts = { files: 0, directories: 0, symlinks: 0, others: 0, bytes: 0 };
  const stack = names(Buffer.from(root)).filter(({ name }) => !leaveOut.includes(name.toString('utf8')));
  for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) {
    const stat = lstatSync(entry.path);
    if (stat.isDirectory()) {
      counts.directories++;
      stack.push(...names(entry.path));
    } else if (stat.isFile()) {
      counts.files++;
      counts.bytes += stat.size;
    } else if (stat.isSymbolicLink()) counts.symlinks++;
    else counts.others++;
  }
  return counts;
}

function names(folder: Buffer): { readonly name: Buffer; readonly path: Buffer }[] {
  return readdirSync(folder, { encoding: 'buffer' }).map((name) => ({
    name,
    path: Buffer.concat([folder, Buffer.from('/'), name]),
  }));
}
