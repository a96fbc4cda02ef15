/**
 * Records of what is done to a vault itself: points copied into it, kept or given up, bytes removed, objects mended,
 * its store proved, its keys tried.
 */
import type { RecordCommon } from './record-common.ts';
import {
  boolean,
  type JsonObject,
  list,
  number,
  objectOf,
  oneOf,
  optional,
  text,
  texts,
} from './record-fields.ts';

export type VaultEventRecord =
  | HoldRecord
  | PruneRecord
  | StoreRecord
  | RepairRecord
  | AuditRecord
  | KeyTestRecord
  | PauseRecord;

/** Points that retention must not touch, from now on or no longer. */
export interface HoldRecord extends RecordCommon {
  readonly type: 'hold';
  /** `pin`: somebody wants it kept; `legal-hold`: a duty. Each is released by itself. */
  readonly kind: 'pin' | 'legal-hold';
  readonly action: 'set' | 'release';
  readonly snapshotIds: readonly string[];
  readonly reason: string;
  /** Milliseconds since the epoch; absent: until it is released. */
  readonly untilMs?: number;
}

/** What nobody needs was marked, or was removed. Bytes are those of stored objects. */
export interface PruneRecord extends RecordCommon {
  readonly type: 'prune';
  readonly phase: 'mark' | 'sweep';
  readonly packs: number;
  readonly bytesReclaimed: number;
  /** Marked and still there. */
  readonly bytesPending: number;
  /** When what is pending may go: milliseconds since the epoch. */
  readonly removableAtMs?: number;
  readonly bytesRewritten: number;
}

/** The store was tried: whether it does what a vault needs of it. */
export interface StoreRecord extends RecordCommon {
  readonly type: 'store';
  readonly kind: string;
  readonly probes: readonly StoreProbe[];
}

export interface StoreProbe {
  /** `write`, `read`, `list`, `create-only`, `delete`, `retention`, `clock`. */
  readonly name: string;
  readonly verdict: 'pass' | 'fail' | 'not-offered' | 'inconclusive';
  readonly message?: string;
  /** How long it took, or for `clock` how far the store is ahead. */
  readonly ms?: number;
}

/** Objects of the vault were made anew, from what it has or from another vault. */
export interface RepairRecord extends RecordCommon {
  readonly type: 'repair';
  readonly action: 'index' | 'packs' | 'snapshots' | 'recover' | 'heal';
  /** The vaults that gave what was missing. */
  readonly fromVaults: readonly string[];
  readonly objectsMended: readonly string[];
  readonly objectsLost: readonly string[];
  /** What the store keeps as it is until a date, though it was made anew elsewhere or is needed no more. */
  readonly objectsKept?: readonly string[];
  readonly blobsMended: number;
  readonly snapshotIds: readonly string[];
}

/** What kept points need was looked at: can anybody delete it before a date? */
export interface AuditRecord extends RecordCommon {
  readonly type: 'audit';
  /** Every object that kept points need is kept by the store at least until then; absent: not all of them are. */
  readonly immutableUntilMs?: number;
  readonly objects: number;
  readonly objectsWithoutRetention: number;
  /** Absent: it only looked. Else how many it retained for longer. */
  readonly objectsExtended?: number;
  /** Deletions that were tried, and how many the store refused. */
  readonly deletionsTried: number;
  readonly deletionsRefused: number;
}

/** A key was used to open the vault, for no other purpose than to know that it does. */
export interface KeyTestRecord extends RecordCommon {
  readonly type: 'key-test';
  readonly keyId: string;
  readonly isRecoveryKey: boolean;
  /** `shares`: it was put together from them. */
  readonly form: 'typed' | 'file' | 'shares' | 'configured';
}

/**
 * Deletion was paused because something about `system` was suspicious, or somebody cleared the suspicion. Without a
 * system: somebody let a prune go on although damage of the vault is known.
 */
export interface PauseRecord extends RecordCommon {
  readonly type: 'pause';
  readonly action: 'pause' | 'clear';
  readonly reason: string;
  /** Ids of records that are cleared although they are dated later than this one. */
  readonly clears?: readonly string[];
}

type Parser<R extends VaultEventRecord> = (from: JsonObject) => Omit<R, keyof RecordCommon | 'type'>;

export const parseHold: Parser<HoldRecord> = (from) => ({
  kind: oneOf(from, 'kind', ['pin', 'legal-hold']),
  action: oneOf(from, 'action', ['set', 'release']),
  snapshotIds: texts(from, 'snapshotIds'),
  reason: text(from, 'reason'),
  ...optional(from, 'untilMs', number),
});

export const parsePrune: Parser<PruneRecord> = (from) => ({
  phase: oneOf(from, 'phase', ['mark', 'sweep']),
  packs: number(from, 'packs'),
  bytesReclaimed: number(from, 'bytesReclaimed'),
  bytesPending: number(from, 'bytesPending'),
  ...optional(from, 'removableAtMs', number),
  bytesRewritten: number(from, 'bytesRewritten'),
});

export const parseStore: Parser<StoreRecord> = (from) => ({
  kind: text(from, 'kind'),
  probes: list(from, 'probes', (item) => {
    const probe = objectOf(item, 'probes');
    return {
      name: text(probe, 'name'),
      verdict: oneOf(probe, 'verdict', ['pass', 'fail', 'not-offered', 'inconclusive']),
      ...optional(probe, 'message', text),
      ...optional(probe, 'ms', number),
    };
  }),
});

export const parseRepair: Parser<RepairRecord> = (from) => ({
  action: oneOf(from, 'action', ['index', 'packs', 'snapshots', 'recover', 'heal']),
  fromVaults: texts(from, 'fromVaults'),
  objectsMended: texts(from, 'objectsMended'),
  objectsLost: texts(from, 'objectsLost'),
  ...optional(from, 'objectsKept', texts),
  blobsMended: number(from, 'blobsMended'),
  snapshotIds: texts(from, 'snapshotIds'),
});

export const parseAudit: Parser<AuditRecord> = (from) => ({
  ...optional(from, 'immutableUntilMs', number),
  objects: number(from, 'objects'),
  objectsWithoutRetention: number(from, 'objectsWithoutRetention'),
  ...optional(from, 'objectsExtended', number),
  deletionsTried: number(from, 'deletionsTried'),
  deletionsRefused: number(from, 'deletionsRefused'),
});

export const parseKeyTest: Parser<KeyTestRecord> = (from) => ({
  keyId: text(from, 'keyId'),
  isRecoveryKey: boolean(from, 'isRecoveryKey'),
  form: oneOf(from, 'form', ['typed', 'file', 'shares', 'configured']),
});

export const parsePause: Parser<PauseRecord> = (from) => ({
  action: oneOf(from, 'action', ['pause', 'clear']),
  reason: text(from, 'reason'),
  ...optional(from, 'clears', texts),
});
