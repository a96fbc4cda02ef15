import { formatDuration } from '../duration.ts';
import type { Objective, ResolvedPlan, ScenarioPlan } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { struckBy } from './struck.ts';

export const scenarioOverride: LintRule = {
  id: 'scenario-override',
  number: 'T24',
  severity: 'error',
  title: 'a scenario has other objectives than the systems that it strikes',
  explanation:
    'Two numbers stand for the same thing, and nothing says that one of them is meant to replace the other. ' +
    'In the disaster everybody then follows the number that he has read.',
  fix: 'Say in "override" why the scenario differs, or remove its objective.',
  check: (plan) =>
    Object.entries(plan.scenarios).flatMap(([name, scenario]) =>
      (['rto', 'rpo'] as const).flatMap((key) => hitsOf(plan, name, scenario, key)),
    ),
};

interface Difference {
  readonly system: string;
  readonly own: Objective;
}

function hitsOf(
  plan: ResolvedPlan,
  name: string,
  scenario: ScenarioPlan,
  key: 'rto' | 'rpo',
): readonly LintHit[] {
  const meantMs = scenario.objectives?.[key];
  if (meantMs === undefined) return [];
  const struck = struckBy(plan, scenario).systems;
  const different = plan.systems.flatMap(({ name: system, objectives }): readonly Difference[] => {
    const own = objectives[key];
    return own === undefined || !struck.has(system) || own.valueMs === meantMs ? [] : [{ system, own }];
  });
  const laxer = different.filter(({ own }) => own.valueMs < meantMs);
  const isExplained = scenario.objectives?.override !== undefined;
  const shown = isExplained ? strictestOf(laxer) : (strictestOf(laxer) ?? different[0]);
  if (shown === undefined) return [];
  const others = (isExplained ? laxer : different).length - 1;
  return [hitOf({ name, key, meantMs, isExplained, others }, shown)];
}

function strictestOf(differences: readonly Difference[]): Difference | undefined {
  return differences.toSorted((left, right) => left.own.valueMs - right.own.valueMs)[0];
}

interface ScenarioValue {
  readonly name: string;
  readonly key: 'rto' | 'rpo';
  readonly meantMs: number;
  readonly isExplained: boolean;
  /** Systems that differ as well. */
  readonly others: number;
}

function hitOf(
  { name, key, meantMs, isExplained, others }: ScenarioValue,
  { system, own }: Difference,
): LintHit {
  const word = key.toUpperCase();
  const apart = formatDuration(Math.abs(meantMs - own.valueMs));
  const more = others > 0 ? `, and so for ${others} more` : '';
  const values =
    `${name} has an ${word} of ${formatDuration(meantMs)}, while that of ${system} is ${formatDuration(own.valueMs)}: ` +
    `${apart} ${meantMs > own.valueMs ? 'more' : 'less'}${more}`;
  return {
    at: ['scenarios', name, 'objectives', key],
    severity: isExplained ? 'info' : 'error',
    message: isExplained
      ? `${values}; its override says why`
      : `${values}, and nothing says which of them holds`,
    ...(isExplained ? {} : { suggestion: 'say why in "override", or remove the objective of the scenario' }),
    relatedAt: { at: own.from.path, message: `the ${word} of ${system} stands here` },
  };
}
