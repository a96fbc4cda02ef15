/**
 * Damage of a vault that its records tell of, and that nothing since has shown to be gone. While there is some, nothing
 * is removed there: of a piece that lies in two packs, a prune might keep the damaged one and remove the good one.
 *
 * What ends it: a repair that healed the vault, which reads every byte; a check that read every byte; of single points,
 * that they were read back and found right; of what the structure alone showed, that it was looked at again. That a
 * damaged point was given up ends nothing: its packs are still there. A person may let a prune go on all the same.
 */
import type { CheckRecord, RestoreRecord, RunRecord, VerifyRecord } from '../evidence/record.ts';
import type { RepairRecord } from '../evidence/vault-records.ts';
import { isUncleared } from './clearing.ts';
import { foundRight } from './found-right.ts';
import { clockSkewToleratedMs } from './stored-time.ts';

export interface KnownDamage {
  /** Of the check or the proof that found it. */
  readonly recordId: string;
  readonly foundBy: 'check' | 'restore';
  /** Milliseconds since the epoch. */
  readonly sinceMs: number;
  /** Snapshots that need what is damaged; empty: nobody knows which do. */
  readonly snapshotIds: readonly string[];
  /** It lies beside the data: no point is in doubt. */
  readonly isBeside: boolean;
}

/** Whatever a person has let go on. Earliest first; `records` are those of one vault, in any order. */
export function standingDamage(records: readonly RunRecord[], nowMs: number): readonly KnownDamage[] {
  return standing(records, nowMs)
    .map(({ damage }) => damage)
    .toSorted((a, b) => a.sinceMs - b.sinceMs || (a.recordId < b.recordId ? -1 : 1));
}

/** Of the data: what pauses a prune. In the same order. */
export function knownDamage(records: readonly RunRecord[], nowMs: number): readonly KnownDamage[] {
  const pauses = records.filter((record) => record.type === 'pause');
  const isOpen = isUncleared(
    pauses.filter(({ system }) => system === undefined),
    nowMs,
  );
  return standingDamage(records, nowMs).filter((damage) => !damage.isBeside && isOpen(damage));
}

/**
 * Ids of packs that were found damaged and not found right since, whatever a person has let go on. Not all of them where
 * `hasUnnamedDamage`.
 */
export function suspectedPacks(records: readonly RunRecord[], nowMs: number): ReadonlySet<string> {
  // that a point was read back, perhaps from elsewhere, says nothing of the pack
  const found = notEnded(records, nowMs).flatMap(({ objects: own }) => own);
  const objects = [...found, ...keptDamage(records, nowMs)];
  return new Set(objects.flatMap((object) => /^data\/[0-9a-f]{2}\/([0-9a-f]{64})$/.exec(object)?.[1] ?? []));
}

/**
 * Of packs that were read and found right, and when: those that need not be read again. Not what is suspected since;
 * and where a finding does not name all that it found, only what was read after it.
 */
export function trustedReads(
  records: readonly RunRecord[],
  reads: ReadonlyMap<string, number>,
  nowMs: number,
): Map<string, number> {
  const suspected = suspectedPacks(records, nowMs);
  const unnamed = notEnded(records, nowMs).filter(({ damage, isCut, objects }) => {
    return !damage.isBeside && (isCut || objects.length === 0);
  });
  // clocks of other machines may be behind
  const fromMs = Math.max(...unnamed.map(({ damage }) => damage.sinceMs + clockSkewToleratedMs));
  return new Map([...reads].filter(([id, atMs]) => !suspected.has(id) && atMs > fromMs));
}

/** More was found damaged than the records name: packs that are not suspected may be damaged as well. */
export function hasUnnamedDamage(records: readonly RunRecord[], nowMs: number): boolean {
  return notEnded(records, nowMs).some(({ damage, isCut }) => isCut && !damage.isBeside);
}

/**
 * Damaged objects that the store kept while they were made anew. The index may name them still, so that a prune could
 * keep them and remove what they were made anew as, although the vault is healed.
 */
function keptDamage(records: readonly RunRecord[], nowMs: number): readonly string[] {
  const whole = believable(records, nowMs).filter(
    (record) => record.type === 'check' && record.scope === 'all' && record.verdict === 'pass',
  );
  return records
    .filter((record) => record.type === 'repair')
    .filter(({ endMs }) => !whole.some((check) => check.endMs > endMs))
    .flatMap(({ objectsKept = [] }) => objectsKept);
}

interface Found {
  readonly damage: KnownDamage;
  readonly scope: CheckRecord['scope'];
  readonly objects: readonly string[];
  /** There were too many to name each. */
  readonly isCut?: boolean;
}

function standing(records: readonly RunRecord[], nowMs: number): readonly Found[] {
  const signs = believable(records, nowMs);
  return notEnded(records, nowMs).flatMap((found) => whatIsLeft(found, signs));
}

/** Nothing since has looked at everything; points that need it may have been found right. */
function notEnded(records: readonly RunRecord[], nowMs: number): readonly Found[] {
  const signs = believable(records, nowMs);
  const found = records.flatMap((record) => foundBy(record));
  return found.filter((each) => !laterThan(each, signs).some((record) => endsAll(record, each)));
}

function laterThan({ damage }: Found, signs: readonly RunRecord[]): readonly RunRecord[] {
  return signs.filter(({ endMs }) => endMs > damage.sinceMs);
}

/** A good sign that a wrong clock dated ahead would hide all damage until then. */
function believable(records: readonly RunRecord[], nowMs: number): readonly RunRecord[] {
  return records.filter(({ endMs }) => endMs <= nowMs + clockSkewToleratedMs);
}

function foundBy(record: RunRecord): readonly Found[] {
  if (record.type === 'check' && record.verdict === 'fail') return [foundByCheck(record)];
  if (record.type === 'verify') return foundByRestore(record, isDamage(record));
  if (record.type === 'restore') return foundByRestore(record, record.foundDamage === true);
  if (record.type === 'repair' && record.verdict !== 'pass' && record.objectsLost.length > 0)
    return leftByRepair(record);
  return [];
}

function foundByCheck(record: CheckRecord): Found {
  const { id, endMs, damagedSnapshotIds, scope, damagedObjects = [], dataSound: isBeside = false } = record;
  const found = { recordId: id, foundBy: 'check', sinceMs: endMs, isBeside } as const;
  const isCut = (record.damagedObjectCount ?? 0) > damagedObjects.length;
  const seenBy = isBeside && scope === 'part' ? scopeBeside(damagedObjects, isCut) : scope;
  return {
    damage: { ...found, snapshotIds: damagedSnapshotIds },
    scope: seenBy,
    objects: damagedObjects,
    isCut,
  };
}

/** A pack that is damaged, and what it holds came from another one: then the point is in no doubt. */
function foundByRestore(record: VerifyRecord | RestoreRecord, isInDoubt: boolean): readonly Found[] {
  const { id, endMs, snapshotId, damagedObjects = [], damagedObjectCount = 0 } = record;
  if (!isInDoubt && damagedObjects.length === 0) return [];
  const found = { recordId: id, foundBy: 'restore', sinceMs: endMs, isBeside: false } as const;
  const isCut = damagedObjectCount > damagedObjects.length;
  const damage = { ...found, snapshotIds: isInDoubt ? [snapshotId] : [] };
  return [{ damage, scope: 'part', objects: damagedObjects, isCut }];
}

/** What healing could not mend, and what saving packs lost. Damaged snapshots are named by the check that follows. */
function leftByRepair({ id, endMs, action, objectsLost }: RepairRecord): readonly Found[] {
  if (action !== 'heal' && action !== 'packs') return [];
  const isBeside = !objectsLost.some((object) => object.startsWith('data') || object.startsWith('index'));
  const found = { recordId: id, foundBy: 'check', sinceMs: endMs, isBeside } as const;
  const scope = isBeside ? scopeBeside(objectsLost, false) : 'all';
  return [{ damage: { ...found, snapshotIds: [] }, scope, objects: objectsLost }];
}

/** What lies beside the data is looked at by every check, but for the contents of records, plans and their spares. */
function scopeBeside(objects: readonly string[], isCut: boolean): Found['scope'] {
  const isRead = (object: string) => /^lifeboat\/(?:spare\/)?(?:evidence|plan)(?:\/|$)/.test(object);
  return isCut || objects.some(isRead) ? 'all' : 'structure';
}

/** A proof also fails because of what the system's own checks say; that is no damage of what is stored. */
function isDamage({ verdict, restored, error, foundDamage }: VerifyRecord): boolean {
  const codes = ['OBJECT_DAMAGED', 'OBJECT_MISSING', 'VAULT_DAMAGED'];
  const isMet = foundDamage === true || (error !== undefined && codes.includes(error.code));
  return verdict === 'fail' && !restored && isMet;
}

function whatIsLeft(found: Found, signs: readonly RunRecord[]): readonly Found[] {
  const { snapshotIds } = found.damage;
  if (snapshotIds.length === 0) return [found];
  const right = new Set(laterThan(found, signs).flatMap((record) => pointsRight(record)));
  const left = snapshotIds.filter((id) => !right.has(id));
  return left.length === 0 ? [] : [{ ...found, damage: { ...found.damage, snapshotIds: left } }];
}

function endsAll(record: RunRecord, { scope }: Found): boolean {
  if (record.verdict !== 'pass') return false;
  if (record.type === 'repair') return record.action === 'heal';
  if (record.type !== 'check') return false;
  // reading back single points says nothing about the structure as a whole
  const isOfStructure = record.scope === 'structure' || record.snapshotIds.length === 0;
  return record.scope === 'all' || (scope === 'structure' && isOfStructure);
}

function pointsRight(record: RunRecord): readonly string[] {
  if (record.type === 'check') return foundRight(record);
  return record.type === 'verify' && record.restored ? [record.snapshotId] : [];
}
