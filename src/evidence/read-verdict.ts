/** What a record of a check says of snapshots that were read back. */
import { damagedObjects } from './damaged-objects.ts';
import type { CheckRecord } from './record.ts';

export interface ReadFinding {
  readonly id: string;
  readonly errors: readonly { readonly object: string }[];
  /** Packs in an archive class that nobody read. */
  readonly coldPacks: number;
}

export type ReadVerdict = Pick<
  CheckRecord,
  | 'verdict'
  | 'snapshotIds'
  | 'damagedSnapshotIds'
  | 'coldSnapshotIds'
  | 'damagedObjects'
  | 'damagedObjectCount'
>;

/**
 * Of several findings of one snapshot the worst counts. Where something is wrong and nobody knows what needs it
 * (`loose`), no snapshot is called right: all of the vault are in doubt.
 */
export function readVerdict(
  findings: readonly ReadFinding[],
  loose: readonly { readonly object: string }[] = [],
): ReadVerdict {
  const errors = [...findings.flatMap((finding) => finding.errors), ...loose];
  if (loose.length > 0)
    return { verdict: 'fail', snapshotIds: [], damagedSnapshotIds: [], ...damagedObjects(errors) };
  const damaged = new Set(findings.filter((finding) => finding.errors.length > 0).map(({ id }) => id));
  const whole = findings.filter(({ id }) => !damaged.has(id));
  const cold = new Set(whole.filter(({ coldPacks }) => coldPacks > 0).map(({ id }) => id));
  const sound = new Set(whole.map(({ id }) => id).filter((id) => !cold.has(id)));
  return {
    verdict: damaged.size > 0 ? 'fail' : cold.size > 0 ? 'inconclusive' : 'pass',
    snapshotIds: [...sound],
    damagedSnapshotIds: [...damaged],
    ...(cold.size === 0 ? {} : { coldSnapshotIds: [...cold] }),
    ...damagedObjects(errors),
  };
}
