import type { ResolvedSystem, ResolvedVault } from '../resolved-plan.ts';
import { isColdClass } from '../storage-class.ts';
import type { LintRule } from './lint-rule.ts';
import { systemPlace } from './system-place.ts';

export const coldOnly: LintRule = {
  id: 'cold-only',
  severity: 'warning',
  title: 'every vault of a system has its data in an archive class',
  explanation:
    'Each vault of this system keeps its data where they must be thawed before they can be read, which takes hours. No ' +
    'restore and no proof can begin before that, so an RTO in hours is not kept.',
  fix: 'Keep the newest points in a vault without an archive class as well, and let the cold one be the archive.',
  check: (plan) =>
    plan.systems
      .filter(({ source }) => source !== undefined)
      .filter((system) => isColdOnly(system, plan.vaults))
      .map((system) => ({
        at: systemPlace(system.name, 'vaults'),
        message: `${system.name} can be restored only after a thaw: ${system.vaults.join(', ')} ${system.vaults.length === 1 ? 'is' : 'are'} in an archive class`,
        suggestion: 'add a vault that can be read at once',
      })),
};

function isColdOnly(system: ResolvedSystem, vaults: readonly ResolvedVault[]): boolean {
  const own = vaults.filter(({ name }) => system.vaults.includes(name));
  return own.length > 0 && own.every(({ declared }) => isColdClass(declared.storage_class));
}
