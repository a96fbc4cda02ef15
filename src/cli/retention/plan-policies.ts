/**
 * Which rules a plan has for one system in one vault. The nearest wins: a line of backups, else the system, else the
 * vault. Points of different lines are not told apart, so what any line keeps is kept; a line that nobody has a rule
 * for keeps everything.
 */
import { resolveRetention } from '../../plan/resolve-retention.ts';
import type { ResolvedSystem, ResolvedVault, Retention } from '../../plan/resolved-plan.ts';
import { bucketRules } from '../../recovery-point/retention-bucket.ts';
import { type RetentionPolicy, spanOfMs } from '../../recovery-point/retention-policy.ts';

/** Empty: everything is kept. */
export function policiesOf(system: ResolvedSystem, vault: ResolvedVault): readonly RetentionPolicy[] {
  const ofVault = vault.declared.retention;
  const usual = system.retention ?? (ofVault === undefined ? undefined : resolveRetention(ofVault));
  const lines =
    system.backups.length === 0
      ? [usual]
      : system.backups.map(({ retention }) =>
          retention === undefined ? usual : resolveRetention(retention),
        );
  const written = lines.filter((retention) => retention !== undefined);
  return written.length < lines.length ? [] : written.map(policyOfRetention);
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
