/**
 * Which rules a plan has for one system in one vault. The nearest wins: a line of backups, else the system, else the
 * vault. Points of different lines are not told apart, so what any line keeps is kept; a line that nobody has a rule
 * for keeps everything.
 */
import { archiveMoveOf, nearestRetentions } from '../../plan/nearest-retention.ts';
import { resolveRetention } from '../../plan/resolve-retention.ts';
import type { ResolvedSystem, ResolvedVault, Retention } from '../../plan/resolved-plan.ts';
import { bucketRules } from '../../recovery-point/retention-bucket.ts';
import { isEmptyPolicy, type RetentionPolicy, spanOfMs } from '../../recovery-point/retention-policy.ts';

/** Empty: everything is kept. */
export function policiesOf(
  system: Pick<ResolvedSystem, 'retention' | 'backups'>,
  vault: Pick<ResolvedVault, 'role' | 'declared'>,
): readonly RetentionPolicy[] {
  const lines = nearestRetentions(system, vault);
  const written = lines.filter((retention) => retention !== undefined);
  if (written.length < lines.length) return [];
  return written.flatMap((retention) => policiesIn(vault, retention));
}

/**
 * In an archive `archive` says how long the points that moved there stay; the other rules of a system are for where
 * its points come from. What the archive itself says of the points that it keeps is kept besides.
 */
function policiesIn(
  vault: Pick<ResolvedVault, 'role' | 'declared'>,
  retention: Retention,
): readonly RetentionPolicy[] {
  const move = archiveMoveOf(retention, vault);
  if (move === undefined) return [policyOfRetention(retention)];
  const { afterMs, keepForMs } = move;
  const ceiling = retention.atMostMs === undefined ? {} : { atMostMs: retention.atMostMs };
  const ofVault = vault.declared.retention;
  const own = ofVault === undefined ? undefined : policyOfRetention(resolveRetention(ofVault));
  const ownRules = own === undefined || isEmptyPolicy(own) ? [] : [{ ...own, ...ceiling }];
  if (keepForMs !== undefined)
    return [{ counts: {}, within: spanOfMs(keepForMs), movedAfterMs: afterMs, ...ceiling }, ...ownRules];
  return ownRules.length > 0 ? ownRules : [{ counts: {}, ...ceiling }];
}

function policyOfRetention(retention: Retention): RetentionPolicy {
  const { withinMs, atMostMs } = retention;
  const counts = bucketRules.map((rule) => [rule, retention[rule]] as const);
  return {
    counts: { last: retention.last, ...Object.fromEntries(counts) },
    ...(withinMs === undefined ? {} : { within: spanOfMs(withinMs) }),
    ...(atMostMs === undefined ? {} : { atMostMs }),
  };
}
