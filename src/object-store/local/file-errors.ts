import type { ErrorCode } from '../../error/codes.ts';
import { LifeboatError, systemErrorName } from '../../error/lifeboat-error.ts';

interface ErrorFacts {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly retryable?: true;
}

const full: ErrorFacts = {
  code: 'DISK_FULL',
  hint: 'Free some space on that disk, or move the vault to a larger one, then run the command again.',
};
const denied: ErrorFacts = {
  code: 'PERMISSION_DENIED',
  hint: 'Run the command as the user who owns the vault, or correct the permissions of its folder.',
};
const busy: ErrorFacts = {
  code: 'STORE_UNAVAILABLE',
  hint: 'Check that the disk or share is mounted and healthy, then run the command again.',
  retryable: true,
};
const other: ErrorFacts = {
  code: 'STORE_UNAVAILABLE',
  hint: 'Check that the folder is on a mounted and healthy file system, then run the command again.',
};

const factsByName: Readonly<Record<string, ErrorFacts>> = {
  ENOSPC: full,
  EDQUOT: full,
  EACCES: denied,
  EPERM: denied,
  EROFS: { code: 'STORE_READ_ONLY', hint: 'Mount the file system writable, or write to another vault.' },
  EAGAIN: busy,
  EBUSY: busy,
  EHOSTDOWN: busy,
  EINTR: busy,
  EIO: busy,
  EMFILE: busy,
  ENFILE: busy,
  ENOMEM: busy,
  ESTALE: busy,
  ETIMEDOUT: busy,
};

/**
 * What a failed system call on a file of the vault means, to be thrown; `doing` reads like "write data/ab/cd".
 * Anything but a system error, the reason of an abort for example, comes back as it is.
 */
export function fileError(cause: unknown, doing: string, directory: string): unknown {
  const name = systemErrorName(cause);
  if (cause instanceof LifeboatError || name === undefined) {
    return cause;
  }
  const { code, hint, retryable } = factsByName[name] ?? other;
  return new LifeboatError(code, `could not ${doing} in ${directory}: ${name}`, {
    hint,
    retryable: retryable ?? false,
    details: { directory, systemError: name },
    cause,
  });
}

/** Whether the system says that there is nothing of that name. */
export function saysMissing(error: unknown): boolean {
  const name = systemErrorName(error);
  return name === 'ENOENT' || name === 'ENOTDIR';
}
