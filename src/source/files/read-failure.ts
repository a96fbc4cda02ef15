/** Says in plain words why the system would not let something be read. */
import { systemErrorName } from '../../error/lifeboat-error.ts';

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EIO: 'the disk reports a read error (EIO)',
  ENOENT: 'vanished while the folder was read',
  ENOTDIR: 'vanished while the folder was read',
  ENAMETOOLONG: 'the path is longer than the system can open (4095 bytes)',
  ELOOP: 'too many symbolic links on the way',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files on this machine',
  ESTALE: 'the network file system lost it (ESTALE)',
};

/** `error` is whatever a call of `node:fs` raised. */
export function readFailure(error: unknown): string {
  const name = systemErrorName(error);
  if (name === undefined) return error instanceof Error ? error.message : String(error);
  return reasons[name] ?? `cannot be read (${name})`;
}
