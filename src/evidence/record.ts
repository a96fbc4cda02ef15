/**
 * What every run writes into the vault, so that a new machine knows the history. `docs/formats/evidence.md`
 * documents the fields.
 *
 * Glossary: a *run* is one execution of the program and may write several records, one for each system and vault;
 * *verdict* `incomplete` means that some input could not be read, `inconclusive` that a check could not be carried
 * out; a *loss* is measured with a canary or computed from positions, and never called the other.
 */

import type { Position } from '../source/position.ts';
import { type LogRecord, parseLogRecord } from './log-record.ts';
import type { RecordCommon, RecordError } from './record-common.ts';
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
  values,
} from './record-fields.ts';
import { parseRecoveryFacts, type RecoveryFacts } from './recovery-facts.ts';
import {
  parseAudit,
  parseHold,
  parseKeyTest,
  parsePause,
  parsePrune,
  parseRepair,
  parseStore,
  type VaultEventRecord,
} from './vault-records.ts';

export type RunRecord =
  | InitRecord
  | BackupRecord
  | CheckRecord
  | VerifyRecord
  | RestoreRecord
  | KeyRecord
  | ForgetRecord
  | CopyRecord
  | LogRecord
  | VaultEventRecord
  | UnknownRecord;

export interface Loss {
  readonly kind: 'measured' | 'computed';
  readonly ms: number;
  readonly rows?: number;
}

/** A vault was made. */
export interface InitRecord extends RecordCommon {
  readonly type: 'init';
}

export interface BackupRecord extends RecordCommon {
  readonly type: 'backup';
  readonly trigger: RecordTrigger;
  /** Absent when the run left no snapshot. */
  readonly snapshotId?: string;
  readonly capturedAtMs?: number;
  readonly position?: Position;
  readonly files: number;
  readonly directories: number;
  /** Of all files, and what was new before compression. */
  readonly bytes: number;
  readonly bytesAdded: number;
  /** Measured at capture, for comparison after a restore: `{"rows:orders": 4711}`. */
  readonly values: Readonly<Record<string, number | string>>;
  readonly contentDigest?: string;
  /** True when every file was read, not only those that seemed changed. */
  readonly fullRead?: boolean;
  /** Files whose content changed although size and modification time did not. */
  readonly silentChangeCount?: number;
  /** Requests to the store and bytes carried until this record was written, tries that failed included. */
  readonly requests?: StoreUse;
  readonly problemCount: number;
  readonly writerPauseMs: number;
  readonly canary?: CanaryMark;
}

export type RecordTrigger = 'schedule' | 'event' | 'manual';

export interface StoreUse {
  readonly puts: number;
  readonly gets: number;
  readonly stats: number;
  readonly lists: number;
  readonly deletes: number;
  readonly bytesPut: number;
  readonly bytesGot: number;
}

export interface CanaryMark {
  readonly sequence: number;
  readonly writtenAtMs: number;
}

/** A point of another vault was copied into this one; everything about the capture is as it was recorded there. */
export interface CopyRecord extends RecordCommon, Omit<BackupRecord, keyof RecordCommon | 'type'> {
  readonly type: 'copy';
  readonly from: { readonly vault: string; readonly snapshotId: string };
}

/** How much of the stored data was read back within a time, as far as the machine that read it knows. */
export interface ReadCoverage {
  readonly withinMs: number;
  readonly bytes: number;
  readonly ofBytes: number;
}

/** Objects of the vault were read back. */
export interface CheckRecord extends RecordCommon {
  readonly type: 'check';
  readonly scope: 'structure' | 'part' | 'all';
  /** Snapshots of which every byte was read back and found right. */
  readonly snapshotIds: readonly string[];
  /** Snapshots that need something damaged. With verdict `fail` and none named, all of the vault are in doubt. */
  readonly damagedSnapshotIds: readonly string[];
  /** Keys of objects that were found damaged or missing, as far as they are known: `data/12/1234…`. */
  readonly damagedObjects?: readonly string[];
  /** How many they are; only where they are too many to name each. */
  readonly damagedObjectCount?: number;
  /**
   * What is wrong lies beside the data: config, keys, records, plans, their second copies, or snapshots that are gone. The
   * vault is damaged, and no point that is there is in doubt.
   */
  readonly dataSound?: boolean;
  /** Snapshots of which nothing was found wrong, and whose data in an archive class were not read: nothing is proven of them. */
  readonly coldSnapshotIds?: readonly string[];
  readonly packsRead: number;
  readonly bytesRead: number;
  /** Of a check that reads a share each time. */
  readonly coverage?: ReadCoverage;
}

/** A recovery point was restored into a sandbox and checked there. */
export interface VerifyRecord extends RecordCommon {
  readonly type: 'verify';
  readonly snapshotId: string;
  /** Every file came back with the bytes that were captured. */
  readonly restored: boolean;
  readonly restoreMs: number;
  readonly checkMs: number;
  readonly files: number;
  readonly bytes: number;
  readonly checks: readonly CheckResult[];
  readonly loss?: Loss;
  /** Of a system whose log was replayed on the copy. */
  readonly recovery?: RecoveryFacts;
  /** Something that the vault stores was damaged or missing, so that not everything came back. */
  readonly foundDamage?: boolean;
  /** Keys of packs that were found damaged or missing, also where what they hold came from others. */
  readonly damagedObjects?: readonly string[];
  /** How many they are; only where they are too many to name each. */
  readonly damagedObjectCount?: number;
}

export interface CheckResult {
  readonly name: string;
  readonly verdict: 'pass' | 'fail' | 'inconclusive';
  readonly expected?: string;
  readonly actual?: string;
  readonly message?: string;
}

/** Data was brought back on request. */
export interface RestoreRecord extends RecordCommon {
  readonly type: 'restore';
  readonly snapshotId: string;
  readonly destination: 'folder' | 'in-place';
  readonly restoreMs: number;
  readonly files: number;
  readonly bytes: number;
  /** Where the state before the restore was kept. */
  readonly safetyCopy?: string;
  readonly loss?: Loss;
  /** Of a database whose log was replayed on the copy. */
  readonly recovery?: RecoveryFacts;
  /** Something that the vault stores was damaged or missing: the point is in doubt. */
  readonly foundDamage?: boolean;
  /** As in records of a proof; without `foundDamage` what they hold came from others, and the point is in no doubt. */
  readonly damagedObjects?: readonly string[];
  readonly damagedObjectCount?: number;
}

export interface KeyRecord extends RecordCommon {
  readonly type: 'key';
  readonly action: 'add' | 'remove';
  readonly keyId: string;
  /** What the key was made for. Absent in records of earlier versions. */
  readonly purpose?: KeyPurpose;
}

export type KeyPurpose = 'password' | 'recovery';

/** Recovery points were given up, by retention or by hand. */
export interface ForgetRecord extends RecordCommon {
  readonly type: 'forget';
  readonly snapshotIds: readonly string[];
  readonly bytesFreed: number;
  /** Whose rules, or what a person wrote. */
  readonly reason?: string;
}

/** Written by a later version: kept in the chain and in lists, without meaning here. */
export interface UnknownRecord extends RecordCommon {
  readonly type: 'unknown';
  readonly originalType: string;
}

/**
 * Reads a record from parsed JSON. Fields it does not know are left out, and a type it does not know becomes
 * `unknown`. Raises OBJECT_DAMAGED naming the field when a known one is missing or of another kind.
 */
export function parseRecord(json: unknown): RunRecord {
  const from = objectOf(json, 'the record');
  const common = parseCommon(from);
  const type = text(from, 'type');
  switch (type) {
    case 'init':
      return { type, ...common };
    case 'backup':
      return { type, ...common, ...parseBackup(from) };
    case 'check':
      return { type, ...common, ...parseCheck(from) };
    case 'verify':
      return { type, ...common, ...parseVerify(from) };
    case 'restore':
      return { type, ...common, ...parseRestore(from) };
    case 'key':
      return {
        type,
        ...common,
        action: oneOf(from, 'action', ['add', 'remove']),
        keyId: text(from, 'keyId'),
        ...optional(from, 'purpose', (each, name) => oneOf(each, name, ['password', 'recovery'])),
      };
    case 'forget':
      return {
        type,
        ...common,
        snapshotIds: texts(from, 'snapshotIds'),
        bytesFreed: number(from, 'bytesFreed'),
        ...optional(from, 'reason', text),
      };
    case 'copy':
      return { type, ...common, ...parseBackup(from), from: parseOrigin(from) };
    case 'hold':
      return { type, ...common, ...parseHold(from) };
    case 'prune':
      return { type, ...common, ...parsePrune(from) };
    case 'store':
      return { type, ...common, ...parseStore(from) };
    case 'repair':
      return { type, ...common, ...parseRepair(from) };
    case 'audit':
      return { type, ...common, ...parseAudit(from) };
    case 'key-test':
      return { type, ...common, ...parseKeyTest(from) };
    case 'log':
      return { type, ...common, ...parseLogRecord(from) };
    case 'pause':
      return { type, ...common, ...parsePause(from) };
    default:
      return { type: 'unknown', originalType: type, ...common };
  }
}

function parseCommon(from: JsonObject): RecordCommon {
  return {
    id: text(from, 'id'),
    runId: text(from, 'runId'),
    vault: text(from, 'vault'),
    host: text(from, 'host'),
    programVersion: text(from, 'programVersion'),
    verdict: oneOf(from, 'verdict', ['pass', 'fail', 'inconclusive', 'incomplete']),
    start: text(from, 'start'),
    end: text(from, 'end'),
    startMs: number(from, 'startMs'),
    endMs: number(from, 'endMs'),
    ...optional(from, 'system', text),
    ...optional(from, 'systemHash', text),
    ...optional(from, 'planId', text),
    ...optional(from, 'planHash', text),
    ...optional(from, 'error', parseError),
  };
}

function parseError(from: JsonObject, name: string): RecordError {
  const error = objectOf(from[name], name);
  return { code: text(error, 'code'), message: text(error, 'message') };
}

function parseBackup(from: JsonObject): Omit<BackupRecord, keyof RecordCommon | 'type'> {
  return {
    trigger: oneOf(from, 'trigger', ['schedule', 'event', 'manual']),
    ...optional(from, 'snapshotId', text),
    ...optional(from, 'capturedAtMs', number),
    ...optional(from, 'position', parsePosition),
    files: number(from, 'files'),
    directories: number(from, 'directories'),
    bytes: number(from, 'bytes'),
    bytesAdded: number(from, 'bytesAdded'),
    values: values(from, 'values'),
    ...optional(from, 'contentDigest', text),
    ...optional(from, 'fullRead', boolean),
    ...optional(from, 'silentChangeCount', number),
    ...optional(from, 'requests', parseUse),
    problemCount: number(from, 'problemCount'),
    writerPauseMs: number(from, 'writerPauseMs'),
    ...optional(from, 'canary', parseMark),
  };
}

/** A position of an engine that this version does not know is no position it could use. */
function parsePosition(from: JsonObject, name: string): Position {
  const position = objectOf(from[name], name);
  if (position['kind'] === 'postgres') return parsePostgresPosition(position);
  if (position['kind'] !== 'sqlite') return { kind: 'none' };
  return {
    kind: 'sqlite',
    journal: oneOf(position, 'journal', ['wal', 'rollback']),
    changeCounter: number(position, 'changeCounter'),
    pageCount: number(position, 'pageCount'),
    ...optional(position, 'walSalt', text),
    ...optional(position, 'walFrame', number),
  };
}

function parsePostgresPosition(position: JsonObject): Position {
  return {
    kind: 'postgres',
    systemId: text(position, 'systemId'),
    timeline: number(position, 'timeline'),
    base: text(position, 'base'),
    at: text(position, 'at'),
    serverVersion: text(position, 'serverVersion'),
    segmentBytes: number(position, 'segmentBytes'),
    hasLog: boolean(position, 'hasLog'),
  };
}

function parseUse(from: JsonObject, name: string): StoreUse {
  const use = objectOf(from[name], name);
  const count = (field: string): number => number(use, field);
  return {
    puts: count('puts'),
    gets: count('gets'),
    stats: count('stats'),
    lists: count('lists'),
    deletes: count('deletes'),
    bytesPut: count('bytesPut'),
    bytesGot: count('bytesGot'),
  };
}

function parseMark(from: JsonObject, name: string): CanaryMark {
  const mark = objectOf(from[name], name);
  return { sequence: number(mark, 'sequence'), writtenAtMs: number(mark, 'writtenAtMs') };
}

function parseLoss(from: JsonObject, name: string): Loss {
  const loss = objectOf(from[name], name);
  return {
    kind: oneOf(loss, 'kind', ['measured', 'computed']),
    ms: number(loss, 'ms'),
    ...optional(loss, 'rows', number),
  };
}

function parseCheck(from: JsonObject): Omit<CheckRecord, keyof RecordCommon | 'type'> {
  return {
    scope: oneOf(from, 'scope', ['structure', 'part', 'all']),
    snapshotIds: texts(from, 'snapshotIds'),
    damagedSnapshotIds: texts(from, 'damagedSnapshotIds'),
    ...parseDamagedObjects(from),
    ...optional(from, 'dataSound', boolean),
    ...optional(from, 'coldSnapshotIds', texts),
    packsRead: number(from, 'packsRead'),
    bytesRead: number(from, 'bytesRead'),
    ...optional(from, 'coverage', parseCoverage),
  };
}

function parseDamagedObjects(from: JsonObject): Pick<CheckRecord, 'damagedObjects' | 'damagedObjectCount'> {
  return { ...optional(from, 'damagedObjects', texts), ...optional(from, 'damagedObjectCount', number) };
}

function parseCoverage(from: JsonObject, name: string): ReadCoverage {
  const coverage = objectOf(from[name], name);
  return {
    withinMs: number(coverage, 'withinMs'),
    bytes: number(coverage, 'bytes'),
    ofBytes: number(coverage, 'ofBytes'),
  };
}

function parseVerify(from: JsonObject): Omit<VerifyRecord, keyof RecordCommon | 'type'> {
  return {
    snapshotId: text(from, 'snapshotId'),
    restored: boolean(from, 'restored'),
    restoreMs: number(from, 'restoreMs'),
    checkMs: number(from, 'checkMs'),
    files: number(from, 'files'),
    bytes: number(from, 'bytes'),
    checks: list(from, 'checks', parseCheckResult),
    ...optional(from, 'loss', parseLoss),
    ...optional(from, 'recovery', parseRecoveryFacts),
    ...optional(from, 'foundDamage', boolean),
    ...parseDamagedObjects(from),
  };
}

function parseCheckResult(item: unknown): CheckResult {
  const check = objectOf(item, 'checks');
  return {
    name: text(check, 'name'),
    verdict: oneOf(check, 'verdict', ['pass', 'fail', 'inconclusive']),
    ...optional(check, 'expected', text),
    ...optional(check, 'actual', text),
    ...optional(check, 'message', text),
  };
}

function parseRestore(from: JsonObject): Omit<RestoreRecord, keyof RecordCommon | 'type'> {
  return {
    snapshotId: text(from, 'snapshotId'),
    destination: oneOf(from, 'destination', ['folder', 'in-place']),
    restoreMs: number(from, 'restoreMs'),
    files: number(from, 'files'),
    bytes: number(from, 'bytes'),
    ...optional(from, 'safetyCopy', text),
    ...optional(from, 'loss', parseLoss),
    ...optional(from, 'recovery', parseRecoveryFacts),
    ...optional(from, 'foundDamage', boolean),
    ...parseDamagedObjects(from),
  };
}

function parseOrigin(from: JsonObject): CopyRecord['from'] {
  const origin = objectOf(from['from'], 'from');
  return { vault: text(origin, 'vault'), snapshotId: text(origin, 'snapshotId') };
}
