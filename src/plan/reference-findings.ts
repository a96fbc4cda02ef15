/** Names that lead nowhere: of every field that refers to something the plan declares elsewhere. */
import type { DeclaredNames } from './declared-names.ts';
import type { UnplacedFinding } from './finding.ts';
import { nearestName } from './nearest-name.ts';
import type { PlanPath } from './plan-path.ts';
import { type Plan, planSchema } from './plan-schema.ts';
import type { ReferenceKind } from './schema/field-facts.ts';
import { walkFields } from './schema-walk.ts';

export function* referenceFindings(plan: Plan, names: DeclaredNames): Generator<UnplacedFinding> {
  for (const { path, value, facts } of walkFields(planSchema, plan)) {
    if (facts.refersTo === undefined || typeof value !== 'string') continue;
    const known = names.get(facts.refersTo);
    if (known !== undefined && !known.has(value)) yield unknownReference(facts.refersTo, value, known, path);
  }
}

function unknownReference(
  what: ReferenceKind,
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

function words(what: ReferenceKind): string {
  return what === 'responder' ? 'contact, team or rota' : what;
}
