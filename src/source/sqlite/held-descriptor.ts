/**
 * Opens a database file for reading and never closes it while the file has a name.
 *
 * POSIX drops *all* locks of a process on a file when the process closes *any* descriptor of that file. Closing ours
 * would take away the locks of every connection that this process has on the same database, silently, and another
 * process could then delete the log under them (https://sqlite.org/howtocorrupt.html, section 2.2). SQLite itself
 * keeps such descriptors open for the same reason. One descriptor per file is kept, so their number is that of the
 * databases that were captured.
 */
import fs from 'node:fs';

const descriptorByFile = new Map<string, number>();

/** Raises the errors of open(2). */
export function holdDescriptor(path: string): number {
  closeNameless();
  const known = descriptorByFile.get(fileKey(fs.statSync(path, { bigint: true })));
  if (known !== undefined) return known;
  const descriptor = fs.openSync(path, fs.constants.O_RDONLY);
  const key = fileKey(fs.fstatSync(descriptor, { bigint: true }));
  const raced = descriptorByFile.get(key);
  if (raced === undefined) descriptorByFile.set(key, descriptor);
  // Between stat and open another file came under this name that is held already: two are kept rather than one closed.
  else descriptorByFile.set(`${key}:${descriptor}`, descriptor);
  return descriptor;
}

/** A file that nobody can open any more has no locks that matter, and its blocks should be freed. */
function closeNameless(): void {
  for (const [key, descriptor] of descriptorByFile) {
    if (fs.fstatSync(descriptor).nlink > 0) continue;
    descriptorByFile.delete(key);
    fs.closeSync(descriptor);
  }
}

function fileKey(stats: fs.BigIntStats): string {
  return `${stats.dev}:${stats.ino}`;
}
