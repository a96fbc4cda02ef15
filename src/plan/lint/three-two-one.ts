import type { ResolvedPlan, ResolvedSystem, ResolvedVault } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { isProtected } from './replica-is-no-backup.ts';
import { systemPlace } from './system-place.ts';

export const threeTwoOne: LintRule = {
  id: 'three-two-one',
  number: 'T17',
  severity: 'warning',
  title: 'a critical system has fewer safe copies than three, two, one, one',
  explanation:
    'Three copies on two kinds of media, one of them elsewhere and one that nobody can change, survive what takes all the ' +
    'others at once. For this critical system the vaults of the plan do not add up to that.',
  fix: 'Add a vault of another medium or at another place, or make one of the vaults immutable.',
  check: (plan) => {
    const asked = askedOf(plan);
    if (!asked.anything) return [];
    const vaults = new Map(plan.vaults.map((vault) => [vault.name, vault]));
    return plan.systems
      .filter(({ critical, source }) => critical && source !== undefined)
      .flatMap((system) =>
        hitOf(
          system,
          system.vaults.flatMap((name) => vaults.get(name) ?? []),
          asked,
        ),
      );
  },
};

interface Asked {
  readonly anything: boolean;
  readonly media: boolean;
  readonly offSite: boolean;
  readonly immutable: boolean;
}

/** Only what the plan has begun to speak of is counted: silence about media is no statement about them. */
function askedOf(plan: ResolvedPlan): Asked {
  const fears = Object.values(plan.scenarios).some(({ kind }) => kind === 'ransomware');
  const media = plan.vaults.some(({ declared }) => declared.medium !== undefined);
  const immutable = fears || plan.vaults.some(({ declared }) => declared.immutability !== undefined);
  const offSite = fears || media || immutable || plan.vaults.some((vault) => vault.offSite);
  return { anything: media || immutable || offSite, media, offSite, immutable };
}

function hitOf(system: ResolvedSystem, vaults: readonly ResolvedVault[], asked: Asked): readonly LintHit[] {
  const copies = 1 + vaults.length;
  const media = new Set([liveMedium(system), ...vaults.map(mediumOf)]).size;
  const offSite = vaults.filter((vault) => isElsewhere(vault, system)).length;
  const immutable = vaults.filter(isProtected).length;
  const lacking = [
    ...(copies < 3 ? ['a third copy'] : []),
    ...(asked.media && media < 2 ? ['a second medium'] : []),
    ...(asked.offSite && offSite < 1 ? ['a copy elsewhere'] : []),
    ...(asked.immutable && immutable < 1 ? ['a copy that nobody can change'] : []),
  ];
  // That there is one vault only is said by a rule of its own.
  if (lacking.length === 0 || (lacking.length === 1 && copies < 3)) return [];
  const checks = system.checks.length > 0 ? 'checked' : 'unchecked';
  return [
    {
      at: systemPlace(system.name, 'vaults'),
      message:
        `${system.name} has ${copies} of 3 copies (itself and ${vaults.length} vault${vaults.length === 1 ? '' : 's'}), ` +
        `${media} of 2 media, ${offSite} of 1 elsewhere, ${immutable} of 1 immutable, ${checks} after restore`,
      suggestion: `what is lacking: ${lacking.join(', ')}`,
    },
  ];
}

/** The live data is one of the three copies, and lies on a medium as well. */
function liveMedium({ source }: ResolvedSystem): string {
  return source?.kind === 's3' || source?.kind === 'azure' ? 'object-store' : 'disk';
}

function mediumOf({ declared, store }: ResolvedVault): string {
  return declared.medium ?? (store === 's3' || store === 'azure' ? 'object-store' : 'disk');
}

function isElsewhere({ offSite, declared }: ResolvedVault, { site }: ResolvedSystem): boolean {
  return offSite || (declared.site !== undefined && site !== undefined && declared.site !== site);
}
