import { copyRoute, isOnRoute } from '../copy-route.ts';
import { formatDuration } from '../duration.ts';
import type { PlanPath } from '../plan-path.ts';
import type { ResolvedPlan, ResolvedSystem, ResolvedVault } from '../resolved-plan.ts';
import { horizonMs, retentionOfVault, retentionsOfSystem } from './keep-promises.ts';
import type { LintHit, LintRule } from './lint-rule.ts';

export const lockOutlivesRetention: LintRule = {
  id: 'lock-outlives-retention',
  severity: 'warning',
  title: 'what retention gives up cannot be deleted yet',
  explanation:
    'Every object of the vault is locked for longer than its points are kept. What retention gives up then stays and is ' +
    'paid for until its lock ends, although no point needs it any more.',
  fix: 'Keep points at least as long as immutability.for, or let the lock be shorter.',
  check: (plan) => plan.vaults.flatMap((vault) => hitsOf(plan, vault)),
};

function hitsOf(plan: ResolvedPlan, vault: ResolvedVault): readonly LintHit[] {
  const { mode, for: lockMs } = vault.declared.immutability ?? {};
  if (lockMs === undefined || mode === 'offline') return [];
  const at: PlanPath = ['vaults', vault.name, 'immutability', 'for'];
  const users = plan.systems.filter(
    (system) => system.source !== undefined && isOnRoute(copyRoute(plan, system), vault.name),
  );
  // a retention of the vault holds for many systems, and is said once
  const kept = new Map(
    users.flatMap((system) => {
      const longest = longestReach(system, vault);
      return longest === undefined ? [] : [[JSON.stringify(longest.at), longest] as const];
    }),
  );
  return [...kept.values()]
    .filter(({ reachMs }) => reachMs < lockMs)
    .map(({ reachMs, words, at: retentionAt }) => ({
      at,
      message:
        `nothing in ${vault.name} can be deleted for ${formatDuration(lockMs)}, and ${words} keeps points for ` +
        `${formatDuration(reachMs)}: what it gives up is paid for at least ${formatDuration(lockMs - reachMs)} longer`,
      suggestion: `keep points there for ${formatDuration(lockMs)}, or lock for ${formatDuration(reachMs)}`,
      relatedAt: { at: retentionAt, message: 'the retention stands here' },
    }));
}

interface Reach {
  readonly reachMs: number;
  readonly words: string;
  readonly at: PlanPath;
}

/** By the calendar. Nothing where all is kept, or where only points are counted. */
function longestReach(system: ResolvedSystem, vault: ResolvedVault): Reach | undefined {
  const own = retentionsOfSystem(system);
  const lines = system.backups.filter(({ retention }) => retention === undefined);
  if (system.retention === undefined && lines.length > 0 && vault.declared.retention === undefined)
    return undefined;
  const placed = own.length > 0 ? own : retentionOfVault(vault);
  const reaches = placed.map(({ retention, words, at }) => ({ reachMs: horizonMs(retention), words, at }));
  const [longest] = reaches.toSorted((left, right) => right.reachMs - left.reachMs);
  return longest === undefined || longest.reachMs === 0 ? undefined : longest;
}
