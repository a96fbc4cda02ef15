import type { LintRule } from './lint-rule.ts';
import { factOf } from './plan-facts.ts';

export const sameDisk: LintRule = {
  id: 'same-disk',
  severity: 'warning',
  title: 'a vault is on the same disk as what it protects',
  explanation:
    'The vault and the data are on one file system, so one broken disk takes both. Such a vault helps against mistakes, ' +
    'not against disasters.',
  fix: 'Move the vault to another disk or machine, or have a second one there.',
  check: (plan, facts) =>
    plan.vaults.flatMap((vault) => {
      const device = factOf(facts.vaultDevices, vault.name);
      const shared = plan.systems.filter(
        (system) =>
          system.vaults.includes(vault.name) &&
          (factOf(facts.sourceDevices, system.name) ?? []).includes(device ?? ''),
      );
      if (device === undefined || shared.length === 0) return [];
      const names = shared.slice(0, 5).map((system) => system.name);
      const others = shared.length > names.length ? ` and ${shared.length - names.length} more` : '';
      const message = `the vault ${vault.name} is on the same disk as ${names.join(', ')}${others}`;
      return [
        {
          at: ['vaults', vault.name, 'location'],
          message,
          suggestion: 'choose a folder on another disk or machine',
        },
      ];
    }),
};
