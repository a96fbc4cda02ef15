/**
 * Whether the last backups of a system look as if somebody encrypted or destroyed its data. Then nothing of ours
 * deletes anything where its points lie, until a person has looked: what is good may be exactly what is old.
 *
 * Three things are suspicious: contents that changed behind an unchanged size and time; far more new bytes than
 * usual; far fewer files than before. What is usual is seen in the backups before, of the same vault and the same
 * source. A suspicion stays however harmless the backups after it look, for then the damage is only stored already.
 * What a clock dated ahead clears nothing: it would hide all that is suspicious until its date is past.
 */
import type { BackupRecord, RunRecord } from '../evidence/record.ts';
import type { PauseRecord } from '../evidence/vault-records.ts';
import { type Clearing, clearingFor, isUncleared } from './clearing.ts';

/** Deletion is paused for the vaults that have points of the system. */
export interface DeletionPause {
  readonly system: string;
  readonly planId?: string;
  /** Milliseconds since the epoch. */
  readonly sinceMs: number;
  readonly reason: string;
  /** Of the backup or the pause that it follows from. */
  readonly recordId: string;
  /** It is only seen in the backups: no record says so yet. */
  readonly isNew: boolean;
}

/** How many backups before say what is usual, and how many there must be. */
const historyMax = 10;
const historyMin = 3;
/** Less than this is never suspicious: small things change as a whole. */
const bytesAddedMin = 1024 * 1024;
/** So many times the most that was usual, and at least so large a share of all bytes. */
const usualTimes = 4;
const shareMin = 0.5;
/** Of the files of the backup before; only where it had so many. */
const filesLeftMin = 0.5;
const filesMin = 10;

/**
 * Every system under suspicion that nobody has cleared by `nowMs`, by its earliest reason. Records of one vault or of
 * several.
 */
export function deletionPauses(records: readonly RunRecord[], nowMs: number): readonly DeletionPause[] {
  const pauses = [...bySystem(records).values()].flatMap((own) => pauseOf(own, nowMs) ?? []);
  return pauses.sort((a, b) => a.sinceMs - b.sinceMs || (a.system < b.system ? -1 : 1));
}

/** What a clearing must say to end all that is suspicious about the system, though the clocks of hosts differ. */
export function clearingOf(
  records: readonly RunRecord[],
  { system, planId }: Pick<DeletionPause, 'system' | 'planId'>,
  nowMs: number,
): Clearing {
  const own = [...bySystem(records).values()].flat();
  const ofSystem = own.filter((record) => record.system === system && record.planId === planId);
  return clearingFor(allPausesOf(ofSystem, nowMs), nowMs);
}

type SystemRecord = (BackupRecord | PauseRecord) & { readonly system: string };

function bySystem(records: readonly RunRecord[]): ReadonlyMap<string, readonly SystemRecord[]> {
  const systems = new Map<string, SystemRecord[]>();
  for (const record of records) {
    const { system } = record;
    if ((record.type !== 'backup' && record.type !== 'pause') || system === undefined) continue;
    const key = JSON.stringify([record.planId, system]);
    const own = systems.get(key) ?? [];
    own.push({ ...record, system });
    systems.set(key, own);
  }
  return systems;
}

/** What a record says comes before what is only seen. */
function pauseOf(records: readonly SystemRecord[], nowMs: number): DeletionPause | undefined {
  const [earliest] = allPausesOf(records, nowMs).toSorted(
    (a, b) => Number(a.isNew) - Number(b.isNew) || a.sinceMs - b.sinceMs,
  );
  return earliest;
}

/** Each vault has its own idea of what is new, so each is looked at by itself. */
function allPausesOf(records: readonly SystemRecord[], nowMs: number): readonly DeletionPause[] {
  const pauses = records.filter((record) => record.type === 'pause');
  const isOpen = isUncleared(pauses, nowMs);
  const told = pauses
    .filter(({ action }) => action === 'pause')
    .map((record): DeletionPause => ({ ...causeOf(record), reason: record.reason, isNew: false }));
  const vaults = new Set(records.map(({ vault }) => vault));
  const seen = [...vaults].flatMap((vault) =>
    suspiciousBackups(
      records.filter((record) => record.type === 'backup').filter((each) => each.vault === vault),
    ).map(({ record, reason }): DeletionPause => ({ ...causeOf(record), reason, isNew: true })),
  );
  return [...told, ...seen].filter(isOpen);
}

function causeOf(record: SystemRecord) {
  const { system, planId, endMs, id } = record;
  return { system, ...(planId === undefined ? {} : { planId }), sinceMs: endMs, recordId: id };
}

interface Suspicious<Record> {
  readonly record: Record;
  readonly reason: string;
}

function suspiciousBackups<Own extends BackupRecord>(records: readonly Own[]): readonly Suspicious<Own>[] {
  const inOrder = records
    .filter(({ snapshotId }) => snapshotId !== undefined)
    .sort((a, b) => a.endMs - b.endMs || (a.id < b.id ? -1 : 1));
  const before: Own[] = [];
  const found: Suspicious<Own>[] = [];
  for (const record of inOrder) {
    // another source, or another way to capture it, has another idea of what is usual
    const comparable = before.filter(({ systemHash }) => systemHash === record.systemHash).slice(-historyMax);
    const reason = suspicionOf(record, comparable);
    if (reason !== undefined) found.push({ record, reason });
    before.push(record);
  }
  return found;
}

/** Why a backup is suspicious after those before it, oldest first; `undefined` when it is not. */
function suspicionOf(record: BackupRecord, before: readonly BackupRecord[]): string | undefined {
  const silent = record.silentChangeCount ?? 0;
  if (silent > 0)
    return `${silent} ${silent === 1 ? 'file' : 'files'} changed although size and time did not`;
  if (before.length < historyMin) return undefined;
  return vanished(record, before) ?? rewritten(record, before);
}

function vanished({ files }: BackupRecord, before: readonly BackupRecord[]): string | undefined {
  const previous = before.at(-1)?.files ?? 0;
  if (previous < filesMin || files >= previous * filesLeftMin) return undefined;
  return `${files} files where there were ${previous}`;
}

/** The first backup of all is no measure: everything is new to it. */
function rewritten({ bytes, bytesAdded }: BackupRecord, before: readonly BackupRecord[]): string | undefined {
  const usual = before
    .map((each) => each.bytesAdded)
    .toSorted((a, b) => a - b)
    .slice(0, -1);
  const most = usual.at(-1) ?? 0;
  if (bytesAdded < bytesAddedMin || bytesAdded < bytes * shareMin || bytesAdded <= most * usualTimes)
    return undefined;
  const share = bytes === 0 ? 100 : Math.min(100, Math.round((bytesAdded / bytes) * 100));
  return `${share}% of the bytes are new, where ${megabytes(most)} at most are usual`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
