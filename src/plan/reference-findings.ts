/** Names that lead nowhere: of every field that refers to something the plan declares elsewhere. */
import type { DeclaredNames } from './declared-names.ts';
import type { UnplacedFinding } from './finding.ts';
import { nearestName } from './nearest-name.ts';
import type { PlanPath } from './plan-path.ts';
import { type Plan, planSchema } from './plan-schema.ts';
import type { ReferenceKind } from './schema/field-facts.ts';
import { walkFields } from './schema-walk.ts';

export function* referenceFindings(plan: Plan, names: DeclaredNames): Generator<UnplacedFinding> {
  const told = new Set<string>();
  for (const { path, value, facts } of walkFields(planSchema, plan)) {
    if (facts.refersTo === undefined || typeof value !== 'string') continue;
    const known = names.get(facts.refersTo);
    if (known === undefined) {
      if (worksAlone.has(value)) continue;
      const key = `${facts.refersTo} ${value}`;
      if (!told.has(key)) yield undeclaredName(facts.refersTo, value, path);
      told.add(key);
    } else if (!known.has(value)) yield unknownReference(facts.refersTo, value, known, path);
  }
}

/** A tier of this name makes a system critical, whether or not the plan says more of it. */
const worksAlone: ReadonlySet<string> = new Set(['critical']);

/** Tiers and data classes may be names alone, as for a report; what a name does not do is said once. */
function undeclaredName(what: ReferenceKind, name: string, at: PlanPath): UnplacedFinding {
  const plural = what === 'tier' ? 'tiers' : 'data classes';
  const message = `the plan has no ${plural}, so the ${what} ${name} gives no objectives`;
  const suggestion = `declare it under "${plural.replace(' ', '_')}" where it should give some`;
  return { id: 'undeclared-name', severity: 'info', at, message, suggestion };
}

export function unknownReference(
  what: ReferenceKind | 'line of backups',
  name: string,
  known: ReadonlySet<string>,
  at: PlanPath,
): UnplacedFinding {
  const near = nearestName(name, [...known]);
  const suggestion = near === undefined ? `declare a ${words(what)} of this name` : `did you mean "${near}"?`;
  const expected =
    known.size === 0
      ? `a ${words(what)} that the plan declares`
      : `one of ${[...known].slice(0, 12).join(', ')}`;
  const message = `there is no ${words(what)} "${name}"`;
  return { id: 'unknown-reference', severity: 'error', at, message, expected, suggestion };
}

function words(what: string): string {
  return what === 'responder' ? 'contact, team or rota' : what;
}
