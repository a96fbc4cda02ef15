import type { UnplacedFinding } from './finding.ts';
import { isPlaceholder } from './placeholder.ts';
import { type PlanPath, valueAt } from './plan-path.ts';

/** A gap, with who owes what belongs there. `isInGap` tells which places of the plan are gaps themselves. */
export function placeholderFinding(
  path: PlanPath,
  root: unknown,
  isInGap: (path: PlanPath) => boolean,
): UnplacedFinding {
  const isOwner = path.length === 2 && path[0] === 'metadata' && path[1] === 'owner';
  const owes = isOwner ? 'whoever owns the plan' : owedBy(path, root, isInGap);
  return {
    id: 'placeholder',
    severity: 'error',
    at: path,
    message: `${nameOf(path)} is still a placeholder`,
    suggestion: `ask ${owes}${owes.includes(', ') ? ',' : ''} for the value`,
    owes,
  };
}

/** An index alone says nothing: `steps[2]`. */
function nameOf(path: PlanPath): string {
  const last = path.at(-1) ?? 'the plan';
  const list = path.at(-2);
  return typeof last === 'number' && list !== undefined ? `${list}[${last}]` : String(last);
}

/** Fields that say who answers for what stands around them. A contact answers for itself, by its role. */
const answering = [
  'owner',
  'role',
  'lead',
  'led_by',
  'by',
  'declared_by',
  'approved_by',
  'review_by',
  'contacts',
];

/** Where `role` is not that of a person. */
const withoutPeople: readonly unknown[] = ['vaults', 'sites', 'destinations'];

/** The nearest that the plan names, from the place of the gap outwards; at last the owner of the plan. */
function owedBy(path: PlanPath, root: unknown, isInGap: (path: PlanPath) => boolean): string {
  const around = path.map((_, index) => path.slice(0, path.length - index)).filter((at) => at.length >= 2);
  const named = around
    .flatMap((at) => answering.map((field) => [...at, field]))
    .filter((at) => !isInGap(at) && !(at.at(-1) === 'role' && withoutPeople.includes(at[0])))
    .map((at) => firstText(valueAt(root, at)))
    .find((text) => text !== undefined);
  const owner = isInGap(['metadata', 'owner']) ? undefined : firstText(valueAt(root, ['metadata', 'owner']));
  if (named !== undefined) return personOf(named, root);
  return owner ?? "the plan's owner, who is not named yet";
}

function firstText(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === 'string' && first.trim() !== '' && !isPlaceholder(first) ? first : undefined;
}

/** The role behind a name of the plan, for a name such as `dba` tells less than "database administrator". */
function personOf(name: string, root: unknown): string {
  return (
    firstText(valueAt(root, ['contacts', name, 'role'])) ??
    firstText(valueAt(root, ['contacts', name, 'name'])) ??
    name
  );
}
