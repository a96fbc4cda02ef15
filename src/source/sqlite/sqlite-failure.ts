/** Turns what SQLite says into an error that a person can act on. Source: https://sqlite.org/rescode.html. */

import type { ErrorCode } from '../../error/codes.ts';
import { type ErrorOptions, LifeboatError } from '../../error/lifeboat-error.ts';
import type { SqliteFailure } from './sqlite-operations.ts';

interface Meaning {
  readonly code: ErrorCode;
  readonly what: string;
  readonly hint: string;
  readonly retryable?: boolean;
}

const locked: Meaning = {
  code: 'SOURCE_LOCKED',
  what: 'is locked by another process',
  hint: 'Find the process that keeps a transaction open or uses locking_mode=EXCLUSIVE, or choose another time.',
  retryable: true,
};

const denied: Meaning = {
  code: 'SOURCE_DENIED',
  what: 'cannot be opened with these permissions',
  hint: 'Give this user read and write access to the file and its folder: even readers of a database in WAL mode or after a crash must write beside it.',
};

const full: Meaning = {
  code: 'DISK_FULL',
  what: 'needs more space than the disk has',
  hint: 'Free space on the disk of the state folder, where a copy of the database is kept for a moment.',
};

const unreadable: Meaning = {
  code: 'SOURCE_DAMAGED',
  what: 'cannot be read from its disk',
  hint: 'Look into the system log for errors of the disk, and restore the newest proven point elsewhere.',
};

const refused: Meaning = {
  code: 'SOURCE_INVALID',
  what: 'did not accept a statement',
  hint: 'Check the tables and queries that the plan names against the schema of the database.',
};

const fault: Meaning = {
  code: 'INTERNAL',
  what: 'could not be read, for a reason that Lifeboat does not know',
  hint: 'Run the command again; if it happens twice, report it with the output above.',
};

const meaningBySystemError: ReadonlyMap<string, Meaning> = new Map([
  ['EACCES', denied],
  ['EPERM', denied],
  ['EROFS', denied],
  ['ENOSPC', full],
  ['EDQUOT', full],
  ['EIO', unreadable],
  // How Node refuses a text without a statement in it.
  ['ERR_INVALID_ARG_VALUE', refused],
]);

const meaningByResultCode: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
  [3, denied],
  [5, locked],
  [6, locked],
  [8, denied],
  [10, unreadable],
  [
    11,
    {
      code: 'SOURCE_DAMAGED',
      what: 'is damaged',
      hint: 'Run "PRAGMA integrity_check" on a copy, and restore the newest proven point if it reports errors.',
    },
  ],
  [13, full],
  [14, denied],
  // The locks of the log were contended for too long.
  [15, locked],
  [23, denied],
  [
    26,
    {
      code: 'SOURCE_INVALID',
      what: 'is not an SQLite database, or it is encrypted',
      hint: 'Check the path in the plan; back up other formats with a files source.',
    },
  ],
]);

/** `path` names the database in the message. */
export function sqliteError(path: string, failure: SqliteFailure): LifeboatError {
  const meaning = meaningOf(failure);
  const options: ErrorOptions = {
    hint: meaning.hint,
    retryable: meaning.retryable ?? false,
    details: { path, ...(failure.resultCode === undefined ? {} : { sqliteCode: failure.resultCode }) },
  };
  return new LifeboatError(meaning.code, `database ${path} ${meaning.what} (${failure.message})`, options);
}

function meaningOf({ resultCode, systemError }: SqliteFailure): Meaning {
  // The lower byte is the primary code of an extended one.
  if (resultCode !== undefined) return meaningByResultCode.get(resultCode & 0xff) ?? refused;
  return meaningBySystemError.get(systemError ?? '') ?? fault;
}
