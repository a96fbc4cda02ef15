import type { ResolvedPlan, ResolvedSystem, StepPlan } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { expandedSteps, type PlacedStep, runbookEntries, stepWords } from './runbook-steps.ts';

export const releaseMismatch: LintRule = {
  id: 'release-mismatch',
  number: 'T28',
  severity: 'warning',
  title: 'a release meets data of another time',
  explanation:
    'Restored data has the schema of the day of its backup, and a release expects the schema of its own day. ' +
    'Unless the release is recorded with the recovery point and migrations run, the application may fail on the restored data or damage it.',
  fix: 'Record the release with each recovery point (release.recorded), deploy the recorded one, and migrate after the restore.',
  check: (plan) => {
    const systems = new Map(plan.systems.map((system) => [system.name, system]));
    return runbookEntries(plan).flatMap(([name]) => runbookHits(plan, name, systems));
  },
};

type Systems = ReadonlyMap<string, ResolvedSystem>;

function runbookHits(plan: ResolvedPlan, runbook: string, systems: Systems): readonly LintHit[] {
  const steps = expandedSteps(plan, runbook);
  const restore = steps.find(isDataRestore);
  if (restore === undefined) return [];
  return steps.flatMap((placed, index) => {
    if (placed.runbook !== runbook || placed.step.do !== 'deploy') return [];
    const release = releaseHits(placed, placed.step, restore, systems);
    return [...release, ...unmigrated(placed, steps.slice(index + 1), steps, systems)];
  });
}

function isDataRestore({ step }: PlacedStep): boolean {
  return step.do === 'restore' || step.do === 'apply-logs' || step.do === 'move-into-place';
}

function releaseHits(
  placed: PlacedStep,
  step: Extract<StepPlan, { do: 'deploy' }>,
  restore: PlacedStep,
  systems: Systems,
): readonly LintHit[] {
  const relatedAt = { at: restore.at, message: 'data of an older day is restored here' };
  if (step.release === 'latest') {
    const message = `the latest release is deployed, but the ${stepWords(restore)} brings back data of an older day`;
    return [
      {
        at: [...placed.at, 'release'],
        message,
        suggestion: 'write "release: recorded", then migrate',
        relatedAt,
      },
    ];
  }
  if (step.release !== 'recorded' || placed.systems.length === 0) return [];
  const silent = placed.systems.filter((name) => systems.get(name)?.release?.recorded === undefined);
  if (silent.length === 0) return [];
  const message = `the recorded release of ${silent.slice(0, 3).join(', ')} is deployed, but nothing records one`;
  return [{ at: placed.at, message, suggestion: 'give the system "release: { recorded: … }"', relatedAt }];
}

/** Deployed systems that know how to migrate, and are not told to. */
function unmigrated(
  placed: PlacedStep,
  after: readonly PlacedStep[],
  all: readonly PlacedStep[],
  systems: Systems,
): readonly LintHit[] {
  const migrating = placed.systems.filter((name) => systems.get(name)?.release?.migrate !== undefined);
  const isMigrated = [...after, ...all].some(({ step }) => step.do === 'migrate');
  const [first] = migrating;
  if (first === undefined || isMigrated) return [];
  return [
    {
      at: placed.at,
      message: `${first} is deployed on restored data, and no step migrates the data to the release`,
      suggestion: 'add "do: migrate" after the restore',
      relatedAt: { at: ['systems', first, 'release', 'migrate'], message: 'how it is done stands here' },
    },
  ];
}
