/** Files that a server is given on the command line: users, certificates, keys. */
import { readFile, stat } from 'node:fs/promises';
import { LifeboatError, systemErrorName } from '../../error/lifeboat-error.ts';

const bytesMax = 4 * 1024 * 1024;

/** Raises USAGE when it is not there or cannot be one, PERMISSION_DENIED. `path` is absolute. */
export async function readServedFile(path: string): Promise<Buffer> {
  try {
    const facts = await stat(path);
    if (!facts.isFile() || facts.size > bytesMax) throw notOne(path, 'no file, or too large');
    return await readFile(path);
  } catch (cause) {
    const errno = systemErrorName(cause);
    if (cause instanceof LifeboatError || errno === undefined) throw cause;
    if (errno === 'ENOENT' || errno === 'ENOTDIR') throw notOne(path, 'not there');
    throw new LifeboatError('PERMISSION_DENIED', `${path} cannot be read: ${errno}`, {
      hint: 'Run as a user who may read it.',
      cause,
    });
  }
}

function notOne(path: string, how: string): LifeboatError {
  return new LifeboatError('USAGE', `${path} is ${how}`, { hint: 'Check the path.' });
}
