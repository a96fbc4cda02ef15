/**
 * How the points of a system come into its vaults: captured once, into the first vault that takes them, and copied
 * from there into all the others.
 */
import type { ResolvedPlan, ResolvedSystem, ResolvedVault, VaultRole } from './resolved-plan.ts';

export interface CopyRoute {
  /** Every vault that is to hold the system's points, in the order in which they are tried for a capture. */
  readonly vaults: readonly RoutedVault[];
}

export interface RoutedVault {
  readonly name: string;
  /** The vault it is to be a copy of, when that one is on the route too. */
  readonly filledBy?: string;
  /** How soon after the others it is to have the same points: milliseconds. */
  readonly copyWithinMs?: number;
}

const roleOrder: readonly VaultRole[] = ['primary', 'secondary', 'archive'];

/**
 * Those that the system names, and those that are filled by one of them. Vaults that are a copy of another one come
 * last: a point is captured straight into them only when no other vault can be written.
 */
export function copyRoute(plan: ResolvedPlan, system: ResolvedSystem): CopyRoute {
  const onRoute = withFilled(plan.vaults, system.vaults);
  const vaults = plan.vaults.filter(({ name }) => onRoute.has(name)).map((vault) => routed(vault, onRoute));
  const rank = ({ name, filledBy }: RoutedVault): number => {
    const role = plan.vaults.find((vault) => vault.name === name)?.role ?? 'primary';
    return (filledBy === undefined ? 0 : roleOrder.length) + roleOrder.indexOf(role);
  };
  return { vaults: vaults.toSorted((a, b) => rank(a) - rank(b)) };
}

/** A vault that is a copy of another one receives what that one receives, and so does a copy of the copy. */
function withFilled(vaults: readonly ResolvedVault[], named: readonly string[]): ReadonlySet<string> {
  const found = new Set(named);
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const { name, declared } of vaults)
      if (declared.filled_by !== undefined && found.has(declared.filled_by)) found.add(name);
  }
  return found;
}

function routed({ name, declared }: ResolvedVault, onRoute: ReadonlySet<string>): RoutedVault {
  const { filled_by: filledBy, copy_within: copyWithinMs } = declared;
  return {
    name,
    ...(filledBy === undefined || filledBy === name || !onRoute.has(filledBy) ? {} : { filledBy }),
    ...(copyWithinMs === undefined ? {} : { copyWithinMs }),
  };
}

/** Whether the vault is to hold points of the system. */
export function isOnRoute(route: CopyRoute, vault: string): boolean {
  return route.vaults.some(({ name }) => name === vault);
}
