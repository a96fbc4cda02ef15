import type { Plan } from '../plan-schema.ts';
import type { ResolvedPlan, ScenarioPlan, StepPlan } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { isLiveRestore } from './live-restore.ts';
import { type PlacedStep, scenarioEntries, scenarioSteps, stepWords } from './runbook-steps.ts';

export const breachOrder: LintRule = {
  id: 'breach-order',
  number: 'T25',
  severity: 'warning',
  title: 'the steps after a breach stand in the wrong order',
  explanation:
    'Who restores before the hole is closed and the access is taken away restores for the attacker as well. ' +
    'Evidence that is not kept before systems are changed is gone, and what is written down last is written down from memory.',
  fix: 'Keep evidence and open the record first, then isolate, patch, change access and credentials, and only then restore in place.',
  check: (plan, _facts, written) => {
    const seen = new Set<string>();
    return scenarioEntries(plan)
      .filter(([, { kind }]) => kind === 'security-breach' || kind === 'ransomware')
      .flatMap(([name, scenario]) => scenarioHits(plan, written, name, scenario))
      .filter((hit) => isNew(seen, hit));
  },
};

/** Two scenarios may share a runbook. */
function isNew(seen: Set<string>, { at, message }: LintHit): boolean {
  const key = `${at.join('.')} ${message}`;
  if (seen.has(key)) return false;
  seen.add(key);
  return true;
}

function scenarioHits(
  plan: ResolvedPlan,
  written: Plan,
  name: string,
  scenario: ScenarioPlan,
): readonly LintHit[] {
  const steps = scenarioSteps(plan, scenario);
  const live = liveAct(plan, written, steps);
  const restore = steps[live];
  if (restore === undefined) return [];
  return [
    ...closedTooLate(steps, live, restore),
    ...(scenario.kind === 'security-breach' ? neverClosed(steps, name, restore) : []),
    ...evidenceHits(steps, restore, live),
    ...recordedLast(steps, live, restore),
  ];
}

/** The step by which restored data meets the world again; a restore beside it does no harm. */
function liveAct(plan: ResolvedPlan, written: Plan, steps: readonly PlacedStep[]): number {
  const found = steps.findIndex(
    (placed) => placed.step.do === 'move-into-place' || isLiveRestore(plan, written, placed),
  );
  return found === -1 ? steps.findIndex(({ step }) => step.do === 'restore') : found;
}

const closing: Readonly<Partial<Record<StepPlan['do'], string>>> = {
  patch: 'the hole is patched',
  'change-access': 'the access is taken away',
  'rotate-credentials': 'the credentials are replaced',
};

function closedTooLate(steps: readonly PlacedStep[], live: number, restore: PlacedStep): readonly LintHit[] {
  return Object.entries(closing).flatMap(([kind, words]): readonly LintHit[] => {
    const index = steps.findIndex(({ step }) => step.do === kind);
    const late = steps[index];
    if (late === undefined || index < live) return [];
    return [
      {
        at: restore.at,
        severity: 'error',
        message: `data is restored (${stepWords(restore)}, step ${live + 1}) before ${words} (step ${index + 1}), so the attacker can come back the same way`,
        suggestion: `move "do: ${kind}" before the restore, or restore to staging until then`,
        relatedAt: { at: late.at, message: `${kind} stands here` },
      },
    ];
  });
}

function neverClosed(steps: readonly PlacedStep[], name: string, restore: PlacedStep): readonly LintHit[] {
  if (steps.some(({ step }) => closing[step.do] !== undefined)) return [];
  const message = `the answer to ${name} restores data, but no step closes the hole: none patches, changes access or replaces credentials`;
  return [
    { at: restore.at, message, suggestion: 'add patch, change-access and rotate-credentials before it' },
  ];
}

/** Acts that change or remove what investigators look at. */
const changing: readonly StepPlan['do'][] = [
  ...(['restore', 'move-into-place', 'patch', 'rotate-credentials', 'change-access'] as const),
  ...(['stop', 'restart', 'deploy', 'provision', 'migrate'] as const),
];

function evidenceHits(steps: readonly PlacedStep[], restore: PlacedStep, live: number): readonly LintHit[] {
  const index = steps.findIndex(({ step }) => step.do === 'preserve-evidence');
  const kept = steps[index];
  if (kept === undefined) {
    const message = `no step preserves evidence before the ${stepWords(restore)} (step ${live + 1}) overwrites it`;
    return [
      { at: restore.at, message, suggestion: 'put "do: preserve-evidence" before anything is changed' },
    ];
  }
  const early = steps.findIndex(({ step }) => changing.includes(step.do));
  const change = steps[early];
  if (change !== undefined && early < index) {
    const message = `evidence is preserved (step ${index + 1}) after ${change.step.do} (step ${early + 1}) has changed it`;
    const relatedAt = { at: change.at, message: `${change.step.do} stands here` };
    return [{ at: kept.at, message, suggestion: 'preserve evidence first', relatedAt }];
  }
  const isolation = steps.findIndex(({ step }) => step.do === 'isolate');
  const isolate = steps[isolation];
  if (isolate === undefined || isolation > index) return [];
  const message = `systems are isolated (step ${isolation + 1}) before evidence is preserved (step ${index + 1}); isolating must not switch them off, or their memory is lost`;
  const relatedAt = { at: isolate.at, message: 'isolate stands here' };
  return [
    {
      at: kept.at,
      severity: 'info',
      message,
      suggestion: 'keep memory first, or isolate by the network only',
      relatedAt,
    },
  ];
}

const late: Readonly<Record<string, { readonly words: string; readonly begins: readonly StepPlan['do'][] }>> =
  {
    document: { words: 'the incident is written down', begins: ['document'] },
    /** To declare a disaster starts the messages of the communication plan. */
    notify: { words: 'people are told', begins: ['notify', 'declare'] },
  };

/** What begins only when everything is over. */
function recordedLast(steps: readonly PlacedStep[], live: number, restore: PlacedStep): readonly LintHit[] {
  return Object.entries(late).flatMap(([kind, { words, begins }]): readonly LintHit[] => {
    const index = steps.findIndex(({ step }) => begins.includes(step.do));
    const first = steps[index];
    if (first === undefined || index < live) return [];
    return [
      {
        at: first.at,
        message: `${words} only in step ${index + 1} of ${steps.length}, after the ${stepWords(restore)} (step ${live + 1})`,
        suggestion: `begin with "do: ${kind}", and add to it as it goes`,
        relatedAt: { at: restore.at, message: 'the restore stands here' },
      },
    ];
  });
}
