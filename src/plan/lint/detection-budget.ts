import { formatDuration, parseDuration } from '../duration.ts';
import type { PlanPath } from '../plan-path.ts';
import type { ProbePlan, ResolvedPlan, ScenarioPlan } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { namesInWords } from './names-in-words.ts';
import { factOf } from './plan-facts.ts';

export const detectionBudget: LintRule = {
  id: 'detection-budget',
  number: 'T30',
  severity: 'error',
  title: 'the disaster cannot be noticed in the time that is given',
  explanation:
    'A disaster is noticed after as many failed probes as count, each an interval after the other, and the last one waits ' +
    'for its timeout. That sum has to fit the budget, and one place alone cannot tell a broken line from a disaster.',
  fix: 'Say an interval that fits the budget, and ask from two places at least.',
  check: (plan) => onlyTightest([...scenarioHits(plan), ...alertHits(plan)]),
};

/** Of several budgets that one probe does not meet, only the interval that fits all of them is written. */
function onlyTightest(hits: readonly LintHit[]): readonly LintHit[] {
  const tightest = new Map<string, number>();
  for (const { at, edits } of hits) {
    const ms = intervalOf(edits);
    if (ms !== undefined) tightest.set(at.join('.'), Math.min(ms, tightest.get(at.join('.')) ?? ms));
  }
  return hits.map((hit) => {
    const { edits: _edits, ...rest } = hit;
    return intervalOf(hit.edits) === tightest.get(hit.at.join('.')) ? hit : rest;
  });
}

function intervalOf(edits: LintHit['edits']): number | undefined {
  const [edit] = edits ?? [];
  const value = edit?.kind === 'set' ? parseDuration(String(edit.value)) : undefined;
  return value?.ok === true ? value.value : undefined;
}

interface Budget {
  readonly valueMs: number;
  readonly at: PlanPath;
  readonly words: string;
}

function scenarioHits(plan: ResolvedPlan): readonly LintHit[] {
  return Object.entries(plan.scenarios).flatMap(([name, scenario]) => {
    const budget = budgetOf(plan, name, scenario);
    if (budget === undefined) return [];
    const probes = scenario.detection?.by ?? [];
    return probes.length > 0 ? hitsOf(plan, probes, budget) : [unwatchedHit(budget, scenario)];
  });
}

/** The shortest of what is promised. */
function budgetOf(plan: ResolvedPlan, name: string, scenario: ScenarioPlan): Budget | undefined {
  const at: PlanPath = ['scenarios', name];
  const failover = scenario.failover === undefined ? undefined : factOf(plan.failovers, scenario.failover);
  const promises = [
    { valueMs: scenario.detection?.within, at: [...at, 'detection', 'within'] },
    { valueMs: scenario.phases?.detect, at: [...at, 'phases', 'detect'] },
    { valueMs: failover?.phases?.detect, at: ['failovers', scenario.failover ?? '', 'phases', 'detect'] },
  ];
  const [first] = promises
    .flatMap(({ valueMs, at: place }) => (valueMs === undefined ? [] : [{ valueMs, at: place }]))
    .toSorted((left, right) => left.valueMs - right.valueMs);
  return first === undefined ? undefined : { ...first, words: `to notice ${name}` };
}

function alertHits(plan: ResolvedPlan): readonly LintHit[] {
  return Object.entries(plan.alerts).flatMap(([name, { when, within, probes }]) => {
    if (when !== 'probe-failed' || within === undefined || probes === undefined || probes.length === 0)
      return [];
    return hitsOf(plan, probes, {
      valueMs: within,
      at: ['alerts', name, 'within'],
      words: `of the alert ${name}`,
    });
  });
}

function unwatchedHit(budget: Budget, { detection }: ScenarioPlan): LintHit {
  const how = detection?.words === undefined ? 'nothing says what notices it' : 'no probe notices it';
  return {
    at: budget.at,
    severity: 'warning',
    message: `the budget ${budget.words} is ${formatDuration(budget.valueMs)}, but ${how}`,
    suggestion: 'name a probe with an interval in detection.by',
  };
}

interface NamedProbe {
  readonly name: string;
  readonly probe: ProbePlan;
}

/** One probe in time suffices; people who look now and then are not counted. */
function hitsOf(plan: ResolvedPlan, names: readonly string[], budget: Budget): readonly LintHit[] {
  const probes = names.flatMap((name) => {
    const probe = factOf(plan.probes, name);
    return probe === undefined ? [] : [{ name, probe }];
  });
  const [first] = probes;
  if (first === undefined) return [];
  const timed = probes.flatMap((each) => {
    const time = timeOf(each.probe);
    return time === undefined ? [] : [{ ...each, ...time }];
  });
  const [fastest] = timed.toSorted((left, right) => left.totalMs - right.totalMs);
  if (fastest === undefined) return [intervalHit(probes, budget), ...placeHits(plan, probes, budget)];
  if (fastest.totalMs > budget.valueMs) return [slowHit(fastest, budget), ...placeHits(plan, probes, budget)];
  return placeHits(plan, probes, budget);
}

const timeoutUsualMsMax = 10_000;

interface DetectionTime {
  readonly totalMs: number;
  readonly timeoutMs: number;
  readonly words: string;
}

function timeOf({ interval, failures, timeout }: ProbePlan): DetectionTime | undefined {
  if (interval === undefined) return undefined;
  const timeoutMs = timeout ?? Math.min(interval, timeoutUsualMsMax);
  const totalMs = interval * failures + timeoutMs;
  const words = `${formatDuration(interval)} × ${failures} + ${formatDuration(timeoutMs)} timeout = ${formatDuration(totalMs)}`;
  return { totalMs, timeoutMs, words };
}

function intervalHit(probes: readonly NamedProbe[], budget: Budget): LintHit {
  const [first] = probes;
  const failures = first?.probe.failures ?? 2;
  const mostMs = intervalFor(budget.valueMs, failures, Math.min(first?.probe.timeout ?? 0, budget.valueMs));
  return {
    at: ['probes', first?.name ?? ''],
    severity: 'warning',
    onKey: true,
    message:
      `the budget ${budget.words} is ${formatDuration(budget.valueMs)}, but no interval is given for ` +
      `${namesInWords(probes.map(({ name }) => name))}: ${failures} failed probes need an interval of less than ${formatDuration(budget.valueMs / failures)}`,
    suggestion: mostMs === undefined ? 'ask for fewer failures' : `add "interval: ${formatDuration(mostMs)}"`,
    relatedAt: { at: budget.at, message: 'the budget stands here' },
  };
}

function slowHit(slow: NamedProbe & DetectionTime, budget: Budget): LintHit {
  const { name, probe, words, timeoutMs } = slow;
  const fittingMs = intervalFor(budget.valueMs, probe.failures, timeoutMs);
  const at: PlanPath = ['probes', name, 'interval'];
  return {
    at,
    message: `${name} notices after ${words} > ${formatDuration(budget.valueMs)}, the budget ${budget.words}`,
    suggestion:
      fittingMs === undefined
        ? 'shorten the timeout and the interval'
        : `an interval of ${formatDuration(fittingMs)} fits`,
    relatedAt: { at: budget.at, message: 'the budget stands here' },
    ...(fittingMs === undefined ? {} : { edits: [{ kind: 'set', at, value: formatDuration(fittingMs) }] }),
  };
}

const stepMs = 5_000;

/** The longest interval in steps of 5 s that fits; nothing when not even one step does. */
function intervalFor(budgetMs: number, failures: number, timeoutMs: number): number | undefined {
  const mostMs = Math.floor((budgetMs - timeoutMs) / failures / stepMs) * stepMs;
  return mostMs < stepMs ? undefined : mostMs;
}

function placeHits(plan: ResolvedPlan, probes: readonly NamedProbe[], budget: Budget): readonly LintHit[] {
  // A plan without sites has no second place that it could name.
  if (Object.keys(plan.sites).length < 2) return [];
  const looked = probes.filter(({ probe }) => probe.kind !== 'person' && probe.kind !== 'backup-health');
  const places = new Set(looked.flatMap(({ probe }) => probe.from ?? []));
  const [first] = looked;
  if (first === undefined || places.size >= 2) return [];
  const from = places.size === 0 ? 'no place is named' : `only ${[...places][0]} is named`;
  return [
    {
      at: ['probes', first.name, 'from'],
      severity: 'warning',
      message: `${from} from which ${namesInWords(looked.map(({ name }) => name))} asks, and it takes 2 to tell a broken line from a disaster`,
      suggestion: `add for example "from: [${Object.keys(plan.sites).slice(0, 2).join(', ')}]"`,
      relatedAt: { at: budget.at, message: 'what must be noticed' },
    },
  ];
}
