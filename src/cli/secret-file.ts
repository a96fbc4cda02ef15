/** Files that hold one secret and a newline, readable by their owner only. */
import { open } from 'node:fs/promises';
import { LifeboatError, systemErrorName } from '../error/lifeboat-error.ts';

/** Durable when the promise resolves. Never overwrites: another vault's key may be in the file. */
export async function makeSecretFile(path: string, secret: string): Promise<void> {
  try {
    await using file = await open(path, 'wx', 0o600);
    await file.writeFile(`${secret}\n`);
    await file.sync();
  } catch (error) {
    throw secretFileFailure(path, error);
  }
}

/** Raises what making the file would raise, as far as that can be known before. */
export async function requireAbsent(path: string): Promise<void> {
  try {
    await using _file = await open(path, 'r');
  } catch (error) {
    if (systemErrorName(error) === 'ENOENT') return;
    throw secretFileFailure(path, error);
  }
  throw exists(path);
}

function secretFileFailure(path: string, cause: unknown): LifeboatError {
  const errno = systemErrorName(cause) ?? 'unknown error';
  if (errno === 'EEXIST') return exists(path);
  const code = errno === 'ENOSPC' || errno === 'EDQUOT' ? 'DISK_FULL' : 'PERMISSION_DENIED';
  return new LifeboatError(code, `the key file ${path} cannot be written: ${errno}`, {
    hint: 'Name a file in a folder that exists and that you may write.',
    cause,
  });
}

function exists(path: string): LifeboatError {
  return new LifeboatError('USAGE', `the file ${path} exists already`, {
    hint: 'Name a new file; this one may hold the key of another vault.',
  });
}
