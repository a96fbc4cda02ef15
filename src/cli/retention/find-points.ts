/** Finds the points that a person names by the beginning of their id, in one vault or in all of a plan. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { SystemIdentity } from '../../evidence/run-context.ts';
import { goneIds } from '../../recovery-point/gone-points.ts';
import { recoveryPointsFromRecords } from '../../recovery-point/points-from-records.ts';
import type { Vault, VaultRecords } from '../../vault/vault.ts';
import { type VaultPoint, vaultPoint } from './vault-point.ts';

export interface SearchedVault {
  /** Its name in the plan, or its location. */
  readonly name: string;
  readonly vault: Vault;
  readonly known: VaultRecords;
}

export interface FoundPoint {
  readonly point: VaultPoint;
  readonly vaultName: string;
  readonly vaultId: string;
  readonly system?: SystemIdentity;
  /** `orders-db`, or that it belongs to none. */
  readonly title: string;
  /** Its snapshot is not there any more: giving it up is a matter of the records alone. */
  readonly isGone: boolean;
}

/** Also snapshots that are no points, and those that somebody deleted past the records, if these name them. Raises SNAPSHOT_NOT_FOUND, SNAPSHOT_AMBIGUOUS. */
export function findPoints(
  prefixes: readonly string[],
  vaults: readonly SearchedVault[],
): readonly FoundPoint[] {
  const found = prefixes.map((prefix) => findPoint(prefix, vaults));
  return found.filter((each, index) => found.findIndex(({ point }) => point.id === each.point.id) === index);
}

function findPoint(prefix: string, vaults: readonly SearchedVault[]): FoundPoint {
  const matches = vaults.flatMap((searched) =>
    [...searched.known.snapshotIds, ...goneIds(searched.vault.id, searched.known)]
      .filter((id) => /^[0-9a-f]+$/.test(prefix) && id.startsWith(prefix))
      .map((id) => foundPoint(searched, id)),
  );
  const [first, second] = matches;
  if (first === undefined) throw notFound(prefix, vaults);
  if (second === undefined) return first;
  throw new LifeboatError('SNAPSHOT_AMBIGUOUS', `"${prefix}" is the beginning of ${matches.length} points`, {
    hint: `Give more of the id; they are ${matches
      .map(({ point }) => point.id.slice(0, prefix.length + 4))
      .slice(0, 4)
      .join(', ')}.`,
  });
}

function notFound(prefix: string, vaults: readonly SearchedVault[]): LifeboatError {
  const where = vaults.map(({ name }) => name).join(', ');
  return new LifeboatError('SNAPSHOT_NOT_FOUND', `there is no point "${prefix}" in ${where}`, {
    hint: 'List them with `lifeboat points`, or `lifeboat snapshots --vault LOCATION`.',
  });
}

function foundPoint({ name, vault, known }: SearchedVault, id: string): FoundPoint {
  const point = recoveryPointsFromRecords(known.records).find((each) => each.snapshotId === id);
  const place = { vaultName: name, vaultId: vault.id, isGone: !known.snapshotIds.includes(id) };
  if (point === undefined)
    return {
      ...place,
      point: { id, timeMs: 0, time: { atNs: 0n, offsetMinutes: 0 } },
      title: id.slice(0, 8),
    };
  return {
    ...place,
    point: vaultPoint(point, undefined),
    system: { name: point.system, hash: point.systemHash ?? '' },
    title: `${point.system} ${id.slice(0, 8)}`,
  };
}
