/**
 * What rules given by hand would keep and give up in one repository, without a plan: snapshots in groups, as restic
 * does it. Points of a plan's systems are left to the plan.
 */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { type Holds, holdsFromRecords } from '../../recovery-point/holds.ts';
import { chooseKept } from '../../recovery-point/retention-choice.ts';
import { type GroupedBy, groupPoints, type PointGroup } from '../../recovery-point/retention-groups.ts';
import { guardDecisions } from '../../recovery-point/retention-guard.ts';
import type { RetentionPolicy } from '../../recovery-point/retention-policy.ts';
import type { Snapshot, SnapshotFilter } from '../../repository/repository-types.ts';
import type { Vault, VaultRecords } from '../../vault/vault.ts';
import type { CliContext } from '../cli-context.ts';
import { plural } from '../quantity-text.ts';
import type { RetentionGroup, RetentionPreview } from './retention-preview.ts';
import { plainPoint } from './vault-point.ts';

export interface RepositoryRetentionRequest {
  readonly vault: Vault;
  readonly policy: RetentionPolicy;
  readonly by: GroupedBy;
  readonly filter: SnapshotFilter;
}

export async function previewRepositoryRetention(
  context: CliContext,
  { vault, policy, by, filter }: RepositoryRetentionRequest,
): Promise<RetentionPreview> {
  const { signal, output } = context;
  const nowMs = context.nowMs();
  const known = await soundRecords(vault, signal);
  const all = await vault.repository.snapshots(filter, signal);
  const own = vault.file === undefined ? all : all.filter((snapshot) => !isOfPlan(snapshot));
  if (own.length < all.length)
    output.note(
      `${plural(all.length - own.length, 'snapshot')} of systems left alone: the plan decides about them`,
    );
  const holds = holdsFromRecords(known.records, nowMs, all);
  const groups = groupPoints(own, by).map((group) => groupOf(group, { policy, nowMs, holds, vault }));
  return { vaults: [{ vault: vault.location, groups, newPauses: [] }], pauses: [] };
}

/** Raises VAULT_DAMAGED when the records cannot be believed: then nobody knows what is held. */
export async function soundRecords(vault: Vault, signal: AbortSignal): Promise<VaultRecords> {
  const known = await vault.records(signal);
  const [problem] = known.problems;
  if (problem === undefined) return known;
  throw new LifeboatError(
    'VAULT_DAMAGED',
    `the records of ${vault.location} are damaged, so nobody knows what is held there: ${problem.what}`,
    { hint: 'Find out who changed the vault. Nothing is given up in it until its records can be believed.' },
  );
}

/** Written by a backup under a plan. */
function isOfPlan({ tags = [] }: Snapshot): boolean {
  return tags.some((tag) => tag.startsWith('plan:')) && tags.some((tag) => tag.startsWith('system:'));
}

interface Judging {
  readonly policy: RetentionPolicy;
  readonly nowMs: number;
  readonly holds: Holds;
  readonly vault: Vault;
}

function groupOf(group: PointGroup<Snapshot>, { policy, nowMs, holds, vault }: Judging): RetentionGroup {
  const { decisions } = guardDecisions(chooseKept(group.points.map(plainPoint), policy, nowMs), {
    holdsOf: ({ id }) => holds(vault.id, id),
    isProven: () => false,
    isProvenElsewhere: true,
    isByHand: true,
  });
  const title = titleOf(group);
  const isKept = decisions.some(({ kept }) => kept);
  return { title, decisions, leftovers: [], ...(isKept ? {} : { refusal: nothingLeft(title) }) };
}

function titleOf({ hostname, paths, tags }: PointGroup<Snapshot>): string {
  const parts = [
    ...(hostname === undefined ? [] : [hostname === '' ? 'no host' : hostname]),
    ...(paths === undefined ? [] : [paths.join(', ')]),
    ...(tags === undefined ? [] : [tags.length === 0 ? 'no tags' : `tags ${tags.join(', ')}`]),
  ];
  return parts.length === 0 ? 'all snapshots' : parts.join(': ');
}

function nothingLeft(title: string): LifeboatError {
  return new LifeboatError(
    'RETENTION_REFUSED',
    `nothing of ${title} is given up: no snapshot would be left`,
    {
      hint: 'Keep at least one, such as with --keep-last 1, or name the snapshots with --point.',
    },
  );
}
