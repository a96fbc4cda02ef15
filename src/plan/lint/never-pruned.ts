import { copyRoute, isOnRoute } from '../copy-route.ts';
import type { Plan } from '../plan-schema.ts';
import type { ResolvedPlan, ResolvedVault } from '../resolved-plan.ts';
import { retentionOfVault, retentionsOfSystem } from './keep-promises.ts';
import type { LintRule } from './lint-rule.ts';

export const neverPruned: LintRule = {
  id: 'never-pruned',
  severity: 'warning',
  title: 'nobody removes what an append-only vault no longer keeps',
  explanation:
    'With append_only this machine deletes nothing, so its retention is carried out by another one. The plan names none, ' +
    'and until somebody prunes the vault it only grows.',
  fix:
    'Add a profile for the machine that prunes, with append_only: false and credentials of its own for the vault, ' +
    'or say with access.delete_by who deletes there.',
  check: (plan, _facts, written) =>
    plan.vaults
      .filter(
        (vault) => vault.declared.append_only === true && givesUp(plan, vault) && !isPruned(vault, written),
      )
      .map(({ name }) => ({
        at: ['vaults', name, 'append_only'],
        message: `${name} has a retention and is append-only, and the plan does not say who prunes it, so it only grows`,
        suggestion: `add "profiles: { keeper: { vaults: { ${name}: { append_only: false, credentials: … } } } }" and run \`lifeboat prune --profile keeper\` elsewhere`,
      })),
};

/** Some retention holds there. */
function givesUp(plan: ResolvedPlan, vault: ResolvedVault): boolean {
  const users = plan.systems.filter(
    (system) => system.source !== undefined && isOnRoute(copyRoute(plan, system), vault.name),
  );
  return users.some((system) => retentionsOfSystem(system).length > 0 || retentionOfVault(vault).length > 0);
}

/** Somebody who may delete is named, or a profile opens the vault without the restriction. */
function isPruned({ name, declared }: ResolvedVault, { profiles }: Plan): boolean {
  if ((declared.access?.delete_by ?? []).length > 0) return true;
  return Object.values(profiles ?? {}).some((profile) => {
    const own = memberOf(memberOf(profile, 'vaults'), name);
    return isMap(own) && Object.hasOwn(own, 'append_only') && own['append_only'] !== true;
  });
}

function memberOf(value: unknown, name: string): unknown {
  return isMap(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
