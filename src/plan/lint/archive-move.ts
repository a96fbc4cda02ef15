import { copyRoute } from '../copy-route.ts';
import { formatDuration } from '../duration.ts';
import { nearestRetentions } from '../nearest-retention.ts';
import type { PlanPath } from '../plan-path.ts';
import { keptCount } from '../resolve-retention.ts';
import type { ResolvedPlan, ResolvedSystem, ResolvedVault, Retention } from '../resolved-plan.ts';
import { minimumDaysOf } from '../storage-class.ts';
import { retentionOfVault, retentionsOfSystem } from './keep-promises.ts';
import type { LintHit, LintRule } from './lint-rule.ts';

export const archiveMove: LintRule = {
  id: 'archive-move',
  severity: 'error',
  title: 'older points do not move to an archive as the retention says',
  explanation:
    'What `archive` of a retention speaks of moves into the vaults with the role archive, each of which has one class of ' +
    'storage for all that it takes. Where there is none, or where points are given up before they move, they lie nowhere.',
  fix: 'Give the system a vault with the role archive and the class that is wanted, and keep points until they move.',
  check: (plan) => [
    ...plan.systems
      .filter(({ source }) => source !== undefined)
      .flatMap((system) => hitsOfSystem(plan, system)),
    ...plan.vaults.flatMap(hitsOfVault),
  ],
};

type ArchiveRule = NonNullable<Retention['archive']>;

function hitsOfSystem(plan: ResolvedPlan, system: ResolvedSystem): readonly LintHit[] {
  const names = copyRoute(plan, system).vaults.map(({ name }) => name);
  const vaults = plan.vaults.filter(({ name }) => names.includes(name));
  const archives = vaults.filter(({ role }) => role === 'archive');
  const others = vaults.filter(({ role }) => role !== 'archive');
  return retentionsOfSystem(system).flatMap(({ retention: { archive }, at }): readonly LintHit[] => {
    if (archive === undefined) return [];
    const place: PlanPath = [...at, 'archive'];
    if (archives.length === 0) return [nowhere(system, place)];
    return [
      ...lostBefore(system, others, archive, place),
      ...archives.flatMap((vault) => classHits(vault, archive, place)),
      ...billedLonger(archive, place),
    ];
  });
}

function nowhere({ name }: ResolvedSystem, at: PlanPath): LintHit {
  return {
    at,
    message: `older points of ${name} are to move to an archive, and none of its vaults has the role archive: nothing moves`,
    suggestion: 'add a vault with `role: archive` to the vaults of the system',
  };
}

/** What is still there when its time comes waits for its copy; what was given up before is gone. */
function lostBefore(
  system: ResolvedSystem,
  vaults: readonly ResolvedVault[],
  { after: moveMs }: ArchiveRule,
  at: PlanPath,
): readonly LintHit[] {
  const after: number = moveMs ?? 0;
  if (after === 0 || vaults.length === 0) return [];
  const kept = vaults.flatMap((vault) => nearestRetentions(system, vault));
  if (kept.some((retention) => reaches(retention, after))) return [];
  return [
    {
      at: [...at, 'after'],
      message: `points of ${system.name} are to move after ${formatDuration(after)}, and none is sure to be kept for so long before`,
      suggestion: `keep them with "within: ${formatDuration(after)}" at least, or let them move sooner`,
    },
  ];
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** A count reaches as far as its days only by about the time of day, so it must reach further than the move. */
function reaches(retention: Retention | undefined, afterMs: number): boolean {
  if (retention === undefined) return true;
  const {
    withinMs = 0,
    atMostMs = Number.POSITIVE_INFINITY,
    last,
    hourly,
    daily,
    weekly,
    monthly,
    yearly,
  } = retention;
  if (atMostMs <= afterMs) return false;
  const keepsAll = [withinMs, last, hourly, daily, weekly, monthly, yearly].every((rule) => rule === 0);
  const furthestMs = Math.max(
    keptCount(hourly) * hourMs,
    keptCount(daily) * dayMs,
    keptCount(weekly) * 7 * dayMs,
    keptCount(monthly) * 28 * dayMs,
    keptCount(yearly) * 365 * dayMs,
  );
  // how far a number of points reaches is not said in days
  return keepsAll || last !== 0 || withinMs >= afterMs || furthestMs > afterMs;
}

function classHits(vault: ResolvedVault, archive: ArchiveRule, at: PlanPath): readonly LintHit[] {
  const { storage_class: wanted } = archive;
  const own = vault.declared.storage_class;
  if (wanted === undefined || wanted.toLowerCase() === own?.toLowerCase()) return [];
  return [
    {
      at: [...at, 'storage_class'],
      severity: 'warning',
      message: `older points are to lie in ${wanted}, and the archive ${vault.name} keeps its data in ${own ?? 'the usual class of its store'}`,
      suggestion: `say \`storage_class: ${wanted}\` of ${vault.name}, or leave it out here`,
      relatedAt: { at: ['vaults', vault.name], message: 'the archive stands here' },
    },
  ];
}

function billedLonger(
  { storage_class: name, keep_for: keepFor }: ArchiveRule,
  at: PlanPath,
): readonly LintHit[] {
  const days = minimumDaysOf(name) ?? 0;
  if (keepFor === undefined || keepFor >= days * dayMs) return [];
  const message = `${name} bills at least ${days} days, and points lie there for ${formatDuration(keepFor)}`;
  return [{ at: [...at, 'keep_for'], severity: 'info', message }];
}

/** What a system keeps and moves is said with the system; a vault can only say what moves into it. */
function hitsOfVault(vault: ResolvedVault): readonly LintHit[] {
  if (vault.role === 'archive') return [];
  return retentionOfVault(vault).flatMap(({ retention: { archive }, at }) =>
    archive === undefined
      ? []
      : [
          {
            at: [...at, 'archive'],
            message: `${vault.name} has not the role archive, so nothing moves by its retention`,
            suggestion: 'say it in the retention of the systems, or of the vault with the role archive',
          },
        ],
  );
}
