import { LifeboatError } from '../../error/lifeboat-error.ts';
import { formatDuration } from '../../plan/duration.ts';
import { explainField, type FieldExplanation, fieldsBelow } from '../../plan/explain/explain-field.ts';
import {
  candidateText,
  explainObjective,
  type ObjectiveExplanation,
  objectiveFields,
  objectiveWords,
} from '../../plan/explain/explain-objective.ts';
import { parsePlanPath } from '../../plan/explain/plan-words.ts';
import { systemLoss } from '../../plan/lint/system-loss.ts';
import { nearestName } from '../../plan/nearest-name.ts';
import { formatPlanPath, type PlanPath } from '../../plan/plan-path.ts';
import { planSchema } from '../../plan/plan-schema.ts';
import type { ResolvedSystem } from '../../plan/resolved-plan.ts';
import { normalisedPlan, type ObjectiveField } from '../../plan/show/normalised-plan.ts';
import { valueYaml } from '../../plan/show/plan-yaml.ts';
import { withoutSecrets } from '../../plan/show/without-secrets.ts';
import type { DraftPlan } from '../load-draft.ts';
import { planFacts } from '../plan-facts.ts';

export interface Explained {
  readonly record: Readonly<Record<string, unknown>> & { readonly type: string; readonly path: string };
  readonly lines: readonly string[];
}

/** Raises USAGE, with what is near, for a place that the plan's language does not have. */
export function explainPlace(draft: DraftPlan, words: string): Explained {
  const path = parsePlanPath(words);
  if (path === undefined) {
    throw new LifeboatError('USAGE', `"${words}" is no path into a plan`, {
      hint: 'Write it like orders-db.rpo, vaults.away.location or runbooks.restore.steps[0].',
    });
  }
  const objective = objectiveAt(draft, path);
  if (objective !== undefined) return explainedObjective(draft, ...objective);
  return explainedField(draft, wholePath(draft, path), words);
}

/** `orders-db.rpo`, or the same with the whole path. */
function objectiveAt(
  draft: DraftPlan,
  path: PlanPath,
): readonly [ResolvedSystem, ObjectiveField] | undefined {
  const short = path[0] === 'systems' ? [path[1], path[3]] : [path[0], path[1]];
  if (path.length !== (path[0] === 'systems' ? 4 : 2)) return undefined;
  const system = draft.resolved.systems.find(({ name }) => name === short[0]);
  const field = objectiveFields.find((each) => each === String(short[1]).replaceAll('-', '_'));
  return system === undefined || field === undefined ? undefined : [system, field];
}

/** A path may begin with the name of a system. */
function wholePath(draft: DraftPlan, path: PlanPath): PlanPath {
  const [first = ''] = path;
  const isBlock = Object.hasOwn(planSchema.shape, first);
  return !isBlock && draft.resolved.systems.some(({ name }) => name === first) ? ['systems', ...path] : path;
}

function explainedObjective(draft: DraftPlan, system: ResolvedSystem, field: ObjectiveField): Explained {
  const explanation = explainObjective(draft.plan, draft.resolved, system, field);
  const { objective, candidates, overrides } = explanation;
  const path = `systems.${system.name}.objectives.${field}`;
  const value = objective === undefined ? 'not set' : formatDuration(objective.valueMs);
  const worst = field === 'rpo' ? worstCase(draft, system) : undefined;
  const lines = [
    `${objectiveWords(field)} of ${system.name}: ${value}${objective?.from.kind === 'default' ? ', the usual value' : ''}`,
    '',
    'Asked, from the nearest place on:',
    ...candidates.map(
      (each) => `  ${each.isChosen ? '→' : ' '} ${candidateText(each, placeOf(draft, each.path))}`,
    ),
    ...overrideLines(draft, explanation),
    ...(worst === undefined ? [] : ['', `The schedule as it is: ${worst}`]),
    ...dependencyLines(draft, system, field),
    '',
    descriptionOf(['systems', system.name, 'objectives', field], draft),
  ];
  const record = {
    type: 'explanation',
    path,
    ...(objective === undefined ? {} : { value_ms: objective.valueMs, from: objective.from.kind }),
    candidates: candidates.map(({ place, path: at, valueMs, isChosen }) => ({
      place,
      path: formatPlanPath(at),
      value_ms: valueMs,
      counts: isChosen,
    })),
    overrides: overrides.map(({ scenario, path: at, valueMs, reason }) => ({
      scenario,
      path: formatPlanPath(at),
      value_ms: valueMs,
      reason,
    })),
    ...(worst === undefined ? {} : { worst_case: worst }),
  };
  return { record, lines };
}

function overrideLines(draft: DraftPlan, { overrides }: ObjectiveExplanation): readonly string[] {
  if (overrides.length === 0) return [];
  const rows = overrides.map(({ scenario, valueMs, reason, path }) => {
    const why = reason === undefined ? 'without a reason' : reason;
    return `    ${scenario}: ${formatDuration(valueMs)} (${placeOf(draft, path)}; ${why})`;
  });
  return ['', 'In scenarios that say otherwise:', ...rows];
}

/** What the schedule can lose at worst, with the sum. */
function worstCase(draft: DraftPlan, system: ResolvedSystem): string | undefined {
  if (system.source === undefined) return undefined;
  return systemLoss(draft.resolved, system, planFacts(draft.parsed, draft.folder)).counted?.arithmetic;
}

function dependencyLines(draft: DraftPlan, system: ResolvedSystem, field: ObjectiveField): readonly string[] {
  if (field !== 'rto') return [];
  const rto = ({ name, objectives }: ResolvedSystem): string =>
    `${name} (${objectives.rto === undefined ? 'no RTO' : formatDuration(objectives.rto.valueMs)})`;
  const before = draft.resolved.systems.filter(({ name }) => system.dependsOn.includes(name));
  const after = draft.resolved.systems.filter(({ dependsOn }) => dependsOn.includes(system.name));
  return [
    ...(before.length === 0 ? [] : ['', `Must be back before it: ${before.map(rto).join(', ')}`]),
    ...(after.length === 0 ? [] : ['', `Wait for it: ${after.map(rto).join(', ')}`]),
  ];
}

function explainedField(draft: DraftPlan, path: PlanPath, words: string): Explained {
  const normalised = normalisedPlan(draft.plan, draft.resolved).data;
  const explanation = explainField(path, draft.parsed.composed, normalised);
  if (explanation === undefined) throw noSuchField(draft, path, normalised, words);
  const { from, examples, use } = explanation;
  const value = withoutSecrets(explanation.value);
  const lines = [
    ...valueLines(formatPlanPath(path), value),
    fromLine(draft, explanation),
    '',
    explanation.description ?? descriptionOf(path, draft),
    ...(examples.length === 0 ? [] : [`Such as: ${examples.map(valueText).join(', ')}`]),
    useWords[use],
  ];
  const record = {
    type: 'explanation',
    path: formatPlanPath(path),
    ...(value === undefined ? {} : { value }),
    from,
    use,
  };
  return { record, lines };
}

const useWords: Readonly<Record<FieldExplanation['use'], string>> = {
  executed: 'This version acts on it.',
  partly: 'Some of it is declared, not yet executed; `lifeboat lint` says what.',
  planned: 'Declared, not yet executed.',
  information: 'Information; there is nothing to carry out.',
};

function fromLine(draft: DraftPlan, { from, path }: FieldExplanation): string {
  if (from === 'written') return `  written at ${placeOf(draft, path)}`;
  return from === 'usual'
    ? '  not written: the usual value, or inherited'
    : '  the plan says nothing about it';
}

function noSuchField(draft: DraftPlan, path: PlanPath, normalised: unknown, words: string): LifeboatError {
  // a path may begin with the name of a system
  const systems = draft.resolved.systems.map(({ name }) => name);
  for (let length = path.length - 1; length >= 0; length -= 1) {
    const known = fieldsBelow(path.slice(0, length), normalised);
    if (known.length === 0) continue;
    const named = length === 0 ? placeOfName(draft, path, systems) : undefined;
    const near = named ?? nearestName(String(path[length]), length === 0 ? [...known, ...systems] : known);
    const inside = length === 0 ? 'a plan' : formatPlanPath(path.slice(0, length));
    return new LifeboatError('USAGE', `there is no "${String(path[length])}" in ${inside}`, {
      hint: near === undefined ? `There is: ${known.slice(0, 30).join(', ')}.` : `Did you mean "${near}"?`,
    });
  }
  return new LifeboatError('USAGE', `there is no field ${words}`, { hint: 'See docs/reference/plan.md.' });
}

/** Where a name stands that a path begins with: the system that begins so, or the block that has it. */
function placeOfName(draft: DraftPlan, path: PlanPath, systems: readonly string[]): string | undefined {
  const [first = '', ...rest] = path.map(String);
  const begun = systems.filter((name) => name.startsWith(first));
  if (begun.length === 1 && begun[0] !== undefined) return [begun[0], ...rest].join('.');
  const block = Object.entries(draft.plan).find(
    ([, value]) => typeof value === 'object' && value !== null && Object.hasOwn(value, first),
  );
  if (block === undefined) return undefined;
  const isObjective = block[0] === 'scenarios' && ['rpo', 'rto'].includes(rest[0] ?? '');
  return [block[0], first, ...(isObjective ? ['objectives'] : []), ...rest].join('.');
}

function descriptionOf(path: PlanPath, draft: DraftPlan): string {
  return explainField(path, draft.parsed.composed, draft.plan)?.description ?? '';
}

function placeOf({ parsed }: DraftPlan, path: PlanPath): string {
  const { line, file } = parsed.locate(path);
  return `${file ?? parsed.fileName}:${line}`;
}

/** A map or list stands below its path, as in the file. */
function valueLines(path: string, value: unknown): readonly string[] {
  if (value === undefined) return [`${path}: not set`];
  if (typeof value !== 'object' || value === null) return [`${path}: ${valueText(value)}`];
  return [
    `${path}:`,
    ...valueYaml(value)
      .split('\n')
      .map((line) => `  ${line}`),
  ];
}

function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
