import type { LintRule } from './lint-rule.ts';
import { systemPlace } from './system-place.ts';

export const secondVault: LintRule = {
  id: 'second-vault',
  severity: 'warning',
  title: 'a critical system has only one vault',
  explanation:
    'The system is critical, and its backups exist in one place. Fire, theft or a broken disk there takes all of them at once.',
  fix: 'Declare a second vault on another machine or site, and let the system use it.',
  check: (plan) =>
    plan.systems
      .filter((system) => system.critical && system.source !== undefined && system.vaults.length < 2)
      .map((system) => ({
        at: systemPlace(system.name, 'vaults'),
        message: `${system.name} is critical and is kept in one vault only${system.vaults.length === 1 ? `: ${system.vaults[0]}` : ''}`,
        suggestion: 'add a vault that is somewhere else',
      })),
};
