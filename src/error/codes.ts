/**
 * Every error code Lifeboat can raise, with the exit code of a command that ends with it.
 * Glossary: "exit" is one of `exitCodes`; "summary" says what happened, in one sentence, for the reference.
 */
export const exitCodes = {
  done: 0,
  error: 1,
  usage: 2,
  incomplete: 3,
  verificationFailed: 4,
  inconclusive: 5,
  planErrors: 6,
  objectiveNotMet: 7,
  noVault: 10,
  locked: 11,
  wrongPassword: 12,
  damaged: 13,
  missingObject: 14,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

interface CodeFacts {
  readonly exit: ExitCode;
  readonly summary: string;
}

export const errorCodes = {
  INTERNAL: { exit: 1, summary: 'A fault of Lifeboat itself.' },
  ASSERTION: {
    exit: 1,
    summary: 'Something that must be true was not; the run stopped before harm was done.',
  },
  USAGE: { exit: 2, summary: 'The command line or an option is wrong.' },
  INTERRUPTED: { exit: 130, summary: 'Stopped by a signal before the work was done.' },
  CONFIG_INVALID: {
    exit: 2,
    summary: 'An environment variable or a setting has a value that cannot be used.',
  },
  SECRET_UNAVAILABLE: { exit: 1, summary: 'A secret reference could not be resolved.' },
  DISK_FULL: { exit: 1, summary: 'A disk has no space left.' },
  PERMISSION_DENIED: { exit: 1, summary: 'The operating system refused access.' },

  OBJECT_MISSING: { exit: 14, summary: 'An object that must be in the vault is not there.' },
  OBJECT_DAMAGED: { exit: 13, summary: 'An object in the vault does not hold what was once written.' },
  STORE_UNAVAILABLE: { exit: 1, summary: 'The place that holds the vault does not answer.' },
  OBJECT_EXISTS: {
    exit: 1,
    summary: 'An object of this name is there already, and nothing may be replaced.',
  },
  OBJECT_COLD: {
    exit: 1,
    summary: 'An object lies in an archive class and must be thawed before it is read.',
  },
  THAW_PENDING: {
    exit: 5,
    summary: 'What is needed is on its way out of an archive class; run the same again later.',
  },
  OBJECT_RETAINED: { exit: 1, summary: 'The store keeps an object from being deleted before a date.' },
  STORE_DENIED: { exit: 1, summary: 'The store refuses these credentials, or what was asked with them.' },
  STORE_APPEND_ONLY: {
    exit: 1,
    summary: 'The place that holds the vault is only added to, and this would delete or replace.',
  },
  STORE_UNFIT: { exit: 1, summary: 'The store does not do what a vault needs of it.' },
  STORE_READ_ONLY: { exit: 1, summary: 'The place that holds the vault cannot be written.' },

  VAULT_NOT_FOUND: { exit: 10, summary: 'There is no vault at this location.' },
  VAULT_EXISTS: { exit: 1, summary: 'There is a vault at this location already.' },
  VAULT_LOCKED: { exit: 11, summary: 'Another process holds a lock on the vault.' },
  WRONG_PASSWORD: { exit: 12, summary: 'No key of the vault opens with this password.' },
  VAULT_DAMAGED: { exit: 13, summary: 'The vault has damage that verification found.' },
  VAULT_UNSUPPORTED: {
    exit: 1,
    summary: 'The vault has a format, or is at a kind of place, that this version does not know.',
  },
  KEY_NOT_FOUND: { exit: 1, summary: 'The vault has no such key.' },
  KEY_IN_USE: { exit: 1, summary: 'The key is the one in use or the last one, and cannot be removed.' },
  KEY_SHARES_INVALID: { exit: 12, summary: 'The shares do not make up the recovery key.' },
  POINT_HELD: { exit: 1, summary: 'A recovery point is pinned or under legal hold and is not given up.' },
  RETENTION_REFUSED: {
    exit: 1,
    summary: 'What was asked would leave a system without a proven recovery point.',
  },
  DELETION_PAUSED: {
    exit: 1,
    summary:
      'Nothing is deleted while something is suspicious, damage is not mended, or neither can be known.',
  },
  COPY_INCOMPLETE: { exit: 3, summary: 'Some recovery points could not be copied to another vault.' },
  HEAL_INCOMPLETE: { exit: 13, summary: 'Some damage could not be mended from any other vault.' },
  WORK_CUT_OFF: {
    exit: 5,
    summary: 'Work on a vault gave way to a backup that was due; it is made up for later.',
  },
  AUDIT_FAILED: { exit: 4, summary: 'Something that nobody may delete can be deleted.' },
  ADDRESS_UNUSABLE: { exit: 1, summary: 'The address to listen on cannot be used.' },
  SNAPSHOT_NOT_FOUND: { exit: 1, summary: 'No snapshot or recovery point matches.' },
  SNAPSHOT_AMBIGUOUS: { exit: 2, summary: 'The short id matches more than one snapshot.' },
  PATH_NOT_FOUND: { exit: 1, summary: 'The path is not in the snapshot.' },

  SOURCE_MISSING: { exit: 1, summary: 'What a system wants backed up does not exist.' },
  SOURCE_UNREACHABLE: {
    exit: 1,
    summary: 'A server that a system is backed up from does not answer, or the connection to it was lost.',
  },
  SOURCE_DENIED: { exit: 1, summary: 'The source cannot be read with these permissions.' },
  SOURCE_LOCKED: { exit: 1, summary: 'The source is locked by another process for longer than allowed.' },
  SOURCE_DAMAGED: { exit: 1, summary: 'The source itself is damaged; a backup of it would be worthless.' },
  SOURCE_INVALID: { exit: 1, summary: 'The source is not of the kind that the plan says.' },
  SOURCE_UNSUPPORTED: {
    exit: 1,
    summary: 'The plan has a source of a kind that this version does not capture from yet.',
  },
  SOURCE_PAUSE_EXCEEDED: {
    exit: 1,
    summary: 'A consistent copy would stop writers for longer than the plan allows.',
  },
  SOURCE_CHANGED_SILENTLY: {
    exit: 1,
    summary: 'Files changed although size and modification time did not, as ransomware or a bad disk does.',
  },
  PROGRAM_MISSING: { exit: 1, summary: 'A program that is needed is not installed.' },
  COMMAND_FAILED: { exit: 1, summary: 'A program that was run ended with an error.' },
  COMMAND_TIMEOUT: { exit: 1, summary: 'A program that was run did not end in time.' },
  BACKUP_INCOMPLETE: { exit: 3, summary: 'Some input could not be read; the snapshot lacks it.' },

  LOG_GONE: { exit: 1, summary: 'The server has deleted a part of its log that had not left it yet.' },
  LOG_GAP: { exit: 14, summary: 'Bytes of a database log are in no piece of its archive.' },
  LOG_BEHIND: {
    exit: 1,
    summary: 'The log of a database is farther behind in a vault than the plan allows.',
  },
  LOG_UNPROTECTED: {
    exit: 1,
    summary: 'Commits that were to wait until their log is durable in the vaults do not wait.',
  },
  LOG_CONFLICT: {
    exit: 13,
    summary: 'The archive of a log holds other bytes at the same place: two servers wrote the same history.',
  },

  PLAN_NOT_FOUND: { exit: 6, summary: 'There is no plan file where one was expected.' },
  PLAN_EXISTS: { exit: 1, summary: 'There is a plan file at this place already.' },
  PLAN_CHANGED: {
    exit: 1,
    summary: 'The plan file is not as it was read a moment ago, so nothing was written into it.',
  },
  PLAN_INVALID: { exit: 6, summary: 'The plan has errors.' },
  PLAN_TOO_LARGE: { exit: 6, summary: 'The plan file is larger than 2 MiB.' },
  PLAN_UNFINISHED: { exit: 6, summary: 'The plan still has placeholders that somebody owes.' },
  SYSTEM_NOT_FOUND: { exit: 2, summary: 'The plan has no system of this name.' },
  PLAN_BUSY: { exit: 11, summary: 'Another process runs this plan already.' },

  VERIFICATION_FAILED: { exit: 4, summary: 'The restored data did not pass its checks.' },
  VERIFICATION_INCONCLUSIVE: {
    exit: 5,
    summary: 'The checks could not be carried out, so nothing is proven.',
  },
  OBJECTIVE_NOT_MET: { exit: 7, summary: 'At least one objective is breached or unknown.' },
  RESTORE_REFUSED: { exit: 2, summary: 'The restore would overwrite data without having been asked to.' },
  SERVER_MISSING: {
    exit: 1,
    summary: 'No database server of the version that is needed is installed here.',
  },
  TARGET_UNREACHABLE: {
    exit: 1,
    summary:
      'What a recovery was asked for cannot be reached from what is in the vault; nothing was restored.',
  },
  RECOVERY_FAILED: {
    exit: 4,
    summary: 'A database server did not recover to what it was asked for.',
  },
  RESTORE_INCOMPLETE: { exit: 3, summary: 'Some entries could not be restored.' },
  PLATFORM_UNSUPPORTED: { exit: 1, summary: 'The operating system lacks a call that is needed.' },
  PATH_UNSAFE: { exit: 13, summary: 'A path would lead outside the folder it must stay in.' },
  RUNTIME_TOO_OLD: { exit: 1, summary: 'This Node is older than 24.' },
} as const satisfies Record<string, CodeFacts>;

export type ErrorCode = keyof typeof errorCodes;
