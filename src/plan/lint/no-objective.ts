import type { LintRule } from './lint-rule.ts';
import { systemPlace } from './system-place.ts';

export const noObjective: LintRule = {
  id: 'no-objective',
  severity: 'warning',
  title: 'a system without objectives',
  explanation:
    'Nobody has said how much of the system may be lost or how fast it must be back. Its state can therefore never be shown as good.',
  fix: 'Give the system, its tier or the plan an rpo and an rto.',
  check: (plan) =>
    plan.systems.flatMap(({ name, source, objectives }) => {
      const missing = [
        ...(source !== undefined && objectives.rpo === undefined ? ['RPO'] : []),
        ...(objectives.rto === undefined ? ['RTO'] : []),
      ];
      if (missing.length === 0) return [];
      return [
        {
          at: systemPlace(name),
          onKey: true,
          message: `${name} has no ${missing.join(' and no ')}`,
          suggestion: 'ask its owner',
        },
      ];
    }),
};
