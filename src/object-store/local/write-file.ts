import { type FileHandle, link, lstat, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LifeboatError, systemErrorName } from '../../error/lifeboat-error.ts';
import { randomHex } from '../../platform/random.ts';
import { checkBeneath, makeParents } from './beneath.ts';
import { saysMissing } from './file-errors.ts';
import { syncDirectory } from './sync-directory.ts';

const temporaryNameBytes = 8;
/** Between two pieces a signal is looked at. */
const pieceBytes = 4 * 1024 * 1024;

/**
 * Writes an object as restic's local backend does: a temporary name beside the final one, sync, read-only mode,
 * rename, sync of the directory. A crash leaves the old object or the new one, and at worst a file that no list shows.
 */
export async function writeFile(
  root: string,
  key: string,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  const path = join(root, key);
  const temporary = await writeTemporary(root, key, bytes, signal);
  try {
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

/**
 * As `writeFile`, but the final name is a hard link, which the system makes only where there is nothing of that
 * name. A crash leaves the whole object or none. @throws STORE_UNFIT where the file system has no hard links.
 */
export async function createFile(
  root: string,
  key: string,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<'created' | 'exists'> {
  const path = join(root, key);
  // saves writing what would not be linked; the link alone decides
  if (await isThere(path)) {
    await checkBeneath(root, key);
    return 'exists';
  }
  const temporary = await writeTemporary(root, key, bytes, signal);
  const outcome = await linkTo(temporary, path, root);
  // The name must be durable before anybody is told that it is there: who sees `exists` relies on it too.
  await syncDirectory(dirname(path));
  return outcome;
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (saysMissing(error)) return false;
    throw error;
  }
}

const withoutLinks: readonly (string | undefined)[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

async function linkTo(temporary: string, path: string, root: string): Promise<'created' | 'exists'> {
  try {
    await link(temporary, path);
    return 'created';
  } catch (error) {
    const name = systemErrorName(error);
    if (name === 'EEXIST') return 'exists';
    throw withoutLinks.includes(name) ? noLinks(root, error) : error;
  } finally {
    await rm(temporary, { force: true });
  }
}

function noLinks(root: string, cause: unknown): LifeboatError {
  return new LifeboatError(
    'STORE_UNFIT',
    `the file system of ${root} makes no hard links, so it cannot say who came first`,
    {
      hint: 'Take append-only away from this vault, or move it to a file system that has hard links.',
      details: { directory: root, systemError: systemErrorName(cause) },
      cause,
    },
  );
}

/** The path of a whole and synced file beside the final one. */
async function writeTemporary(
  root: string,
  key: string,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<string> {
  const modes = await modesOf(root);
  const temporary = `${join(root, key)}-tmp-${randomHex(temporaryNameBytes)}`;
  const handle = await openTemporary(root, key, temporary, modes);
  try {
    await fillAndClose(handle, bytes, modes.file, signal);
    signal?.throwIfAborted();
    return temporary;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

interface Modes {
  readonly directory: number;
  readonly file: number;
}

/** A group that may read the config file may use the whole vault: restic's rule. */
async function modesOf(root: string): Promise<Modes> {
  const configMode = await modeOrZero(join(root, 'config'));
  const forGroup = (configMode & 0o040) !== 0;
  return forGroup ? { directory: 0o770, file: 0o660 } : { directory: 0o700, file: 0o600 };
}

async function modeOrZero(path: string): Promise<number> {
  try {
    return (await stat(path)).mode;
  } catch (error) {
    if (saysMissing(error)) {
      return 0;
    }
    throw error;
  }
}

/** Directories are made when the first try shows that they are missing. */
async function openTemporary(
  root: string,
  key: string,
  temporary: string,
  modes: Modes,
): Promise<FileHandle> {
  try {
    await checkBeneath(root, key);
    return await open(temporary, 'wx', modes.file);
  } catch (error) {
    if (systemErrorName(error) !== 'ENOENT') {
      throw error;
    }
  }
  await makeParents(root, key, modes.directory);
  await checkBeneath(root, key);
  return await open(temporary, 'wx', modes.file);
}

async function fillAndClose(
  handle: FileHandle,
  bytes: Uint8Array,
  mode: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    for (let at = 0; at < bytes.length; ) {
      signal?.throwIfAborted();
      const { bytesWritten } = await handle.write(bytes, at, Math.min(pieceBytes, bytes.length - at));
      at += bytesWritten;
    }
    await makeReadOnly(handle, mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Some shares know no modes; what protects the object there is its seal, so that is no reason to fail. */
async function makeReadOnly(handle: FileHandle, mode: number): Promise<void> {
  try {
    await handle.chmod(mode & ~0o222);
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(systemErrorName(error) ?? '')) {
      throw error;
    }
  }
}
