/** Everything that is wrong with a vault and what could mend it. Reads every byte; changes nothing. */

import { type ChainProblem, evidencePrefix } from '../evidence/chain.ts';
import type { RunRecord } from '../evidence/record.ts';
import { vaultPoints } from '../recovery-point/gone-points.ts';
import { holdsFromRecords } from '../recovery-point/holds.ts';
import { successorsOf } from '../recovery-point/successors.ts';
import { deletionPauses } from '../recovery-point/suspicion.ts';
import type { Diagnosis, HealPreview, RepairWork, SnapshotToMake } from '../repository/repair-types.ts';
import { repairsOf } from '../repository/repository.ts';
import type { Snapshot } from '../repository/repository-types.ts';
import { lostPoints, readableSnapshots } from '../vault/lost-points.ts';
import type { Vault, VaultRecords } from '../vault/vault.ts';
import type { SpareFinding } from '../vault/vault-spares.ts';
import { type DonorSnapshots, matchSnapshots } from './match-snapshots.ts';

export interface HealingPreview {
  readonly diagnosis: Diagnosis;
  readonly blobs: HealPreview;
  /** Of config, keys, records, plans and their second copies. */
  readonly spares: readonly SpareFinding[];
  /** What is wrong with the chains of records and no copy can mend. */
  readonly brokenChains: readonly ChainProblem[];
  /** Snapshots that records name, that nobody recorded as given up, and that are there under no name. */
  readonly goneSnapshots: readonly string[];
  /** Those of them that a check calls damage: held, or the last ones of their system. The others are brought back as well. */
  readonly graveSnapshots: readonly string[];
  readonly snapshots: readonly (SnapshotToMake & { readonly vaultId: string })[];
  /** Gone, and there under another id, with the very data that another vault has: recorded as the points that they were. */
  readonly renamedSnapshots: readonly RenamedSnapshot[];
  /** Of those that are gone, by their ids: the snapshots as which they are there again. Nothing need be made of them. */
  readonly successors: ReadonlyMap<string, string>;
  /** Damaged or gone, and no other vault has them. */
  readonly snapshotsWithoutDonor: readonly string[];
  /** Ids of keys that records say were removed, but never the one in use; and those of them that are there again. */
  readonly removedKeys: ReadonlySet<string>;
  readonly returnedKeys: readonly string[];
  /** Snapshots that records say were given up, and that are there again; but none that is held or under suspicion. */
  readonly returnedSnapshots: readonly string[];
}

export interface RenamedSnapshot extends SnapshotToMake {
  readonly vaultId: string;
  readonly snapshot: Snapshot;
}

export interface Healing extends RepairWork {
  readonly vault: Vault;
  readonly donors: readonly Vault[];
  /** Ids of missing keys that a person says were lost, not removed: they are put back from their copies. */
  readonly lostKeys?: ReadonlySet<string>;
}

const nothingLost = { gone: [], held: [], grave: [], renamed: new Map<string, Snapshot>() };

/** `nowMs`: milliseconds since the epoch. */
export async function previewHealing(
  { vault, donors, ...work }: Healing,
  nowMs: number,
): Promise<HealingPreview> {
  const { signal } = work;
  const history = await vault.records(signal);
  const diagnosis = await repairsOf(vault.repository).diagnose(work);
  const repositories = donors.map(({ repository }) => repository);
  const spares = [...((await vault.spares?.check(true, signal)) ?? [])];
  // the record that gave a snapshot up may be the very one that is damaged: then nothing is known to be gone
  const isKnown = !spares.some(({ key }) => key.startsWith(evidencePrefix));
  const { gone, held, grave, renamed } = isKnown
    ? await lostPoints(vault, history, nowMs, signal)
    : nothingLost;
  const missed = [...new Set([...gone, ...held])];
  const successors = isKnown ? successorsIn(vault, history, diagnosis, renamed) : new Map<string, string>();
  const wanted = [...new Set([...diagnosis.damagedSnapshots, ...missed])].filter((id) => !successors.has(id));
  const donorSnapshots: DonorSnapshots[] = [];
  const lookedFor = [...wanted, ...[...renamed.keys()].filter((id) => !successors.has(id))];
  if (lookedFor.length > 0) for (const donor of donors) donorSnapshots.push(await snapshotsOf(donor, signal));
  const matches = matchSnapshots(lookedFor, history.records, donorSnapshots);
  const renamedSnapshots = matches.length > 0 ? await renamedOf(vault, history, matches, signal) : [];
  const known = new Set([...renamed.keys(), ...renamedSnapshots.map(({ replaces }) => replaces)]);
  const snapshots = matches.filter(({ replaces }) => !known.has(replaces));
  const matched = new Set(matches.map(({ replaces }) => replaces));
  const keys = await vault.repository.keys(signal);
  const removedKeys = keysRemoved(history.records);
  for (const id of removedKeys) if (repairsOf(vault.repository).isKeyInUse(id)) removedKeys.delete(id);
  return {
    diagnosis,
    blobs: await repairsOf(vault.repository).previewHeal(diagnosis, repositories, work),
    spares,
    brokenChains: brokenChains(history, spares),
    goneSnapshots: missed.filter((id) => !known.has(id)),
    graveSnapshots: grave,
    snapshots,
    renamedSnapshots,
    successors,
    snapshotsWithoutDonor: wanted.filter((id) => !matched.has(id)),
    removedKeys,
    returnedKeys: keys.map(({ id }) => id).filter((id) => removedKeys.has(id)),
    returnedSnapshots: isKnown ? returned(vault, history, nowMs) : [],
  };
}

/** Of what is gone: what is there under an id that no record knows, with the very data that another vault has. */
async function renamedOf(
  vault: Vault,
  { records, snapshotIds }: VaultRecords,
  matches: HealingPreview['snapshots'],
  signal?: AbortSignal,
): Promise<readonly RenamedSnapshot[]> {
  const points = new Set(
    vaultPoints(vault.id, { records, snapshotIds }).there.map((point) => point.snapshotId),
  );
  const own = await readableSnapshots(vault, signal);
  return matches.flatMap((match) => {
    const { replaces, donor } = match;
    const names = new Set([replaces, donor.id, donor.original]);
    const snapshot = own.find(
      ({ id, tree, original }) =>
        !points.has(id) && tree === donor.tree && original !== undefined && names.has(original),
    );
    return snapshot === undefined ? [] : [{ ...match, snapshot }];
  });
}

/** Nothing to mend, and nothing to bring back. */
export function isSound(preview: HealingPreview): boolean {
  const { goneSnapshots, renamedSnapshots, successors } = preview;
  return !hasDamage(preview) && goneSnapshots.length + renamedSnapshots.length + successors.size === 0;
}

/** As a check sees it. Packs that no index file knows are no damage by themselves, but what is needed in them is. */
export function hasDamage(preview: HealingPreview): boolean {
  const {
    diagnosis,
    spares,
    brokenChains: broken,
    graveSnapshots,
    returnedKeys,
    returnedSnapshots,
  } = preview;
  const lists = [
    diagnosis.damagedKeys,
    diagnosis.damagedIndexFiles,
    diagnosis.damagedSnapshots,
    diagnosis.damagedLocks,
    diagnosis.damagedPacks,
    diagnosis.missingPacks,
    diagnosis.missingBlobs,
    spares,
    broken,
    graveSnapshots,
    returnedKeys,
    returnedSnapshots,
  ];
  return diagnosis.unindexedBlobs > 0 || lists.some((list) => list.length > 0);
}

/** Where records can be put back, how whole the chains are is seen afterwards. */
function brokenChains({ problems }: VaultRecords, spares: readonly SpareFinding[]): readonly ChainProblem[] {
  const isMended = spares.some(({ key, canBeMended }) => canBeMended && key.startsWith(evidencePrefix));
  return isMended ? [] : problems;
}

/** Also points that hold the very content and were not read back yet, as a healing that was cut off leaves them. */
function successorsIn(
  { id }: Vault,
  { records, snapshotIds }: VaultRecords,
  { damagedSnapshots }: Diagnosis,
  renamed: ReadonlyMap<string, Snapshot>,
): ReadonlyMap<string, string> {
  const damaged = new Set(damagedSnapshots);
  const sound = { records, snapshotIds: snapshotIds.filter((each) => !damaged.has(each)) };
  const points = new Set(vaultPoints(id, sound).there.map(({ snapshotId }) => snapshotId));
  const recorded = [...renamed].flatMap(([old, holder]) =>
    points.has(holder.id) ? [[old, holder.id] as const] : [],
  );
  return new Map([...recorded, ...successorsOf(id, sound)]);
}

/** While anything is suspicious, nothing is deleted. A hold counts here whatever its date: retention looks at that. */
function returned(vault: Vault, { records, problems, snapshotIds }: VaultRecords, nowMs: number): string[] {
  if (problems.length > 0 || deletionPauses(records, nowMs).length > 0) return [];
  const holds = holdsFromRecords(records, Number.NEGATIVE_INFINITY);
  const givenUp = new Set(
    records.flatMap((record) =>
      record.type === 'forget' && record.vault === vault.id ? record.snapshotIds : [],
    ),
  );
  return snapshotIds.filter((id) => givenUp.has(id) && holds(vault.id, id).length === 0);
}

/** A key that was added again after it had been removed is a new one, with a name of its own. */
function keysRemoved(records: readonly RunRecord[]): Set<string> {
  return new Set(
    records.flatMap((record) => (record.type === 'key' && record.action === 'remove' ? [record.keyId] : [])),
  );
}

async function snapshotsOf(donor: Vault, signal?: AbortSignal): Promise<DonorSnapshots> {
  const { records } = await donor.records(signal);
  const snapshots = await donor.repository.snapshots(undefined, signal);
  return { vaultId: donor.id, records, snapshots };
}
