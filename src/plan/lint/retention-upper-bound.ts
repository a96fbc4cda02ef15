import { formatDuration } from '../duration.ts';
import type { PlanPath } from '../plan-path.ts';
import type { ResolvedPlan, ResolvedSystem, ResolvedVault } from '../resolved-plan.ts';
import { type ErasureDuty, erasureDutyOf } from './erasure-duties.ts';
import { horizonMs, retentionOfVault, retentionsOfSystem } from './keep-promises.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { systemPlace } from './system-place.ts';

export const retentionUpperBound: LintRule = {
  id: 'retention-upper-bound',
  number: 'T20',
  severity: 'warning',
  title: 'data that must go one day is kept without end, or longer than allowed',
  explanation:
    'A retention with only a floor keeps data for ever, and a copy that nobody can change cannot be erased before its time. ' +
    'Where data is about people or a framework demands erasure, the plan needs an upper bound that all copies keep to.',
  fix: 'Add retention.at_most or keep_at_most, and let immutability end before it.',
  check: (plan) => {
    const vaults = new Map(plan.vaults.map((vault) => [vault.name, vault]));
    return plan.systems.flatMap((system) => {
      const own = system.vaults.flatMap((name) => vaults.get(name) ?? []);
      return system.source === undefined ? [] : hitsOf(plan, system, own);
    });
  },
};

function hitsOf(
  plan: ResolvedPlan,
  system: ResolvedSystem,
  vaults: readonly ResolvedVault[],
): readonly LintHit[] {
  const duty = erasureDutyOf(plan, system);
  const limit = limitOf(plan, system, duty);
  return [
    ...crossedHits(system),
    ...floorHits(plan, system, vaults, duty),
    ...(limit === undefined
      ? []
      : [...horizonHits(system, vaults, limit), ...lockHits(system, vaults, limit)]),
  ];
}

/** A floor above the ceiling: at no age can a point be kept as promised and be gone as promised. */
function crossedHits({ name, objectives: { keepAtLeast, keepAtMost } }: ResolvedSystem): readonly LintHit[] {
  if (keepAtLeast === undefined || keepAtMost === undefined) return [];
  if (keepAtMost.valueMs >= keepAtLeast.valueMs) return [];
  return [
    {
      at: keepAtMost.from.path,
      severity: 'error',
      message:
        `points of ${name} must be gone after ${formatDuration(keepAtMost.valueMs)}, but it must be possible to return ` +
        `${formatDuration(keepAtLeast.valueMs)}: ${formatDuration(keepAtLeast.valueMs - keepAtMost.valueMs)} more`,
      suggestion: 'shorten keep_at_least or lengthen keep_at_most; whoever owes each must agree',
      relatedAt: { at: keepAtLeast.from.path, message: 'keep_at_least stands here' },
    },
  ];
}

interface Limit {
  readonly valueMs: number;
  readonly at: PlanPath;
  readonly words: string;
}

/** The strictest of what says that data must be gone. */
function limitOf(
  plan: ResolvedPlan,
  system: ResolvedSystem,
  duty: ErasureDuty | undefined,
): Limit | undefined {
  const { keepAtMost } = system.objectives;
  const erasure = plan.compliance?.erasure;
  const limits: Limit[] = [];
  if (keepAtMost !== undefined) {
    limits.push({
      valueMs: keepAtMost.valueMs,
      at: keepAtMost.from.path,
      words: `keep_at_most of ${system.name}`,
    });
  }
  if (erasure !== undefined && erasure.method !== 'crypto-shredding' && duty !== undefined) {
    limits.push({
      valueMs: erasure.within,
      at: ['compliance', 'erasure', 'within'],
      words: 'the time for erasure',
    });
  }
  const atMostMs = system.retention?.atMostMs;
  if (atMostMs !== undefined) {
    limits.push({
      valueMs: atMostMs,
      at: systemPlace(system.name, 'retention', 'at_most'),
      words: `at_most of ${system.name}`,
    });
  }
  return limits.toSorted((left, right) => left.valueMs - right.valueMs)[0];
}

function floorHits(
  plan: ResolvedPlan,
  system: ResolvedSystem,
  vaults: readonly ResolvedVault[],
  duty: ErasureDuty | undefined,
): readonly LintHit[] {
  const { keepAtMost, keepAtLeast } = system.objectives;
  // Who keeps everything and promises nothing may want that; a floor shows that somebody thought of an end.
  if (duty === undefined && keepAtLeast === undefined) return [];
  const hasOwn = retentionsOfSystem(system).length > 0;
  const open = hasOwn ? [] : vaults.filter(({ declared }) => declared.retention === undefined);
  if (keepAtMost !== undefined || open.length === 0) return [];
  const destroysKeys = plan.compliance?.erasure?.method === 'crypto-shredding';
  if (destroysKeys) return [];
  const floor =
    keepAtLeast === undefined
      ? 'no retention'
      : `a floor of ${formatDuration(keepAtLeast.valueMs)} and no ceiling`;
  return [
    {
      at: keepAtLeast?.from.path ?? systemPlace(system.name, 'retention'),
      message: `${system.name} has ${floor}, so its points are kept for ever, ${duty === undefined ? 'and nobody says whether they may be' : `but ${duty.words} must be erased one day`}`,
      suggestion: `add keep_at_most or "retention: { within: ${formatDuration(keepAtLeast?.valueMs ?? 30 * dayMs)}, at_most: … }"`,
      ...(duty === undefined ? {} : { relatedAt: { at: duty.at, message: 'erasure is demanded here' } }),
    },
  ];
}

function horizonHits(
  system: ResolvedSystem,
  vaults: readonly ResolvedVault[],
  limit: Limit,
): readonly LintHit[] {
  const own = retentionsOfSystem(system);
  const ofVaults = own.length > 0 ? [] : vaults.flatMap(retentionOfVault);
  const longest = [...own, ...ofVaults]
    .map(({ retention, at }) => ({ at, keptMs: horizonMs(retention) }))
    .toSorted((left, right) => right.keptMs - left.keptMs)[0];
  if (longest === undefined || longest.keptMs <= limit.valueMs) return [];
  return [
    {
      at: longest.at,
      severity: 'error',
      message:
        longest.keptMs === Number.POSITIVE_INFINITY
          ? `${system.name} keeps points without an end, and ${limit.words} allows ${formatDuration(limit.valueMs)}`
          : `${system.name} keeps points for ${formatDuration(longest.keptMs)}, ${formatDuration(longest.keptMs - limit.valueMs)} longer than ` +
            `${limit.words} of ${formatDuration(limit.valueMs)} allows`,
      suggestion: 'keep fewer points, or add at_most to the retention',
      relatedAt: { at: limit.at, message: 'the limit stands here' },
    },
  ];
}

/** What nobody can delete cannot be erased in time. A point is written on one day and locked until days later. */
function lockHits(
  system: ResolvedSystem,
  vaults: readonly ResolvedVault[],
  limit: Limit,
): readonly LintHit[] {
  return vaults.flatMap(({ name, declared: { immutability } }) => {
    const lockedMs = immutability?.for;
    if (lockedMs === undefined || lockedMs <= limit.valueMs) return [];
    return [
      {
        at: ['vaults', name, 'immutability', 'for'],
        severity: 'error',
        message:
          `nothing in ${name} can be deleted for ${formatDuration(lockedMs)}, but points of ${system.name} must be gone after ` +
          `${formatDuration(limit.valueMs)} (${limit.words}): ${formatDuration(lockedMs - limit.valueMs)} too long`,
        suggestion: `lock for at most ${formatDuration(limit.valueMs)}`,
        relatedAt: { at: limit.at, message: 'the limit stands here' },
      },
    ];
  });
}

const dayMs = 86_400_000;
