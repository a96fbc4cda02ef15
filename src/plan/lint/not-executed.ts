import type { ResolvedSystem } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { systemPlace } from './system-place.ts';

export const notExecuted: LintRule = {
  id: 'not-executed',
  severity: 'info',
  title: 'declared, not yet executed',
  explanation:
    'The field is understood and checked, but this version does not act on it. It is named here so that nobody relies on it.',
  fix: 'Nothing to change; do by hand what the field asks for until a later version does it.',
  check: (plan) => plan.systems.flatMap(hitsOf),
};

function hitsOf(system: ResolvedSystem): readonly LintHit[] {
  const hits: LintHit[] = [];
  if (system.schedules.some((schedule) => schedule.kind === 'continuous')) {
    hits.push({
      at: systemPlace(system.name, 'schedule'),
      message: 'continuous logs are declared, not yet executed',
    });
  }
  if (system.retention !== undefined) {
    const message = 'the retention is declared, not yet executed: everything is kept';
    hits.push({ at: systemPlace(system.name, 'retention'), onKey: true, message });
  }
  if (system.source === undefined && system.schedules.length > 0) {
    const message = `${system.name} has a schedule but no source, so there is nothing to capture`;
    hits.push({ at: systemPlace(system.name, 'schedule'), severity: 'warning', message });
  }
  return hits;
}
