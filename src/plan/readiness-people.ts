import { verifiedDaysMax } from './lint/contact-gaps.ts';
import { controlGaps } from './lint/control-evidence.ts';
import { daysBetween, isOver, startOfDay } from './lint/days.ts';
import { erasureControls } from './lint/erasure-duties.ts';
import { namesInWords } from './lint/names-in-words.ts';
import { canBeReached } from './lint/responders.ts';
import {
  met,
  notMet,
  type ReadinessAnswer,
  type ReadinessQuestion,
  unknown,
  unless,
} from './readiness-answer.ts';
import type { DrillPlan, ResolvedPlan } from './resolved-plan.ts';

export const peopleItems = {
  'contacts-current': contactsCurrent,
  'compliance-met': complianceMet,
  'team-trained': teamTrained,
  'insurance-verified': insuranceVerified,
  'budget-allocated': budgetAllocated,
  'tests-scheduled': testsScheduled,
} satisfies Readonly<Record<string, ReadinessQuestion>>;

const withoutTime = 'without the time it is not known whether dates have passed';

function contactsCurrent(plan: ResolvedPlan, nowMs: number | undefined): ReadinessAnswer {
  const contacts = Object.entries(plan.contacts);
  const silent = contacts.find(([, contact]) => !canBeReached(contact));
  const untried = contacts.find(([, { verified }]) => verified === undefined);
  if (contacts.length === 0) return notMet('no contact is declared', ['contacts']);
  if (silent !== undefined) return notMet(`${silent[0]} cannot be reached`, ['contacts', silent[0]]);
  if (untried !== undefined)
    return notMet(`nobody says when ${untried[0]} was last tried`, ['contacts', untried[0]]);
  if (nowMs === undefined) return unknown(withoutTime, ['contacts']);
  const stale = contacts.find(
    ([, { verified }]) => daysBetween(startOfDay(verified ?? ''), nowMs) > verifiedDaysMax,
  );
  if (stale === undefined)
    return met(`${contacts.length} contacts, each tried within ${verifiedDaysMax} days`, ['contacts']);
  const days = daysBetween(startOfDay(stale[1].verified ?? ''), nowMs);
  return notMet(`${stale[0]} was last tried ${days} days ago`, ['contacts', stale[0], 'verified']);
}

function complianceMet(plan: ResolvedPlan): ReadinessAnswer {
  const frameworks = Object.keys(plan.compliance?.frameworks ?? {});
  const [gap] = controlGaps(plan);
  const [erasure] = plan.compliance?.erasure === undefined ? erasureControls(plan) : [];
  return unless(
    [
      [frameworks.length === 0, 'no framework is declared', ['compliance']],
      [gap !== undefined, `${gap?.control}: ${gap?.lacking}`, gap?.at ?? []],
      [
        erasure !== undefined,
        `${erasure?.words}: nothing says how data leaves the backups`,
        erasure?.at ?? [],
      ],
    ],
    `the controls of ${namesInWords(frameworks)} are shown by what the plan has`,
    ['compliance', 'frameworks'],
  );
}

function teamTrained(plan: ResolvedPlan, nowMs: number | undefined): ReadinessAnswer {
  const trainings = Object.entries(plan.training);
  const never = trainings.find(([, { last }]) => last === undefined);
  if (trainings.length === 0) return notMet('no training is declared', ['training']);
  if (never !== undefined)
    return notMet(`nothing says when ${never[0]} was last held`, ['training', never[0]]);
  if (nowMs === undefined) return unknown(withoutTime, ['training']);
  const overdue = trainings.find(
    ([, { last, every }]) => nowMs - startOfDay(last ?? '') > every.intervalMs + dayMs,
  );
  if (overdue === undefined)
    return met(`${namesInWords(trainings.map(([name]) => name))}: held in time`, ['training']);
  const days = daysBetween(startOfDay(overdue[1].last ?? ''), nowMs);
  const reason = `${overdue[0]} was last held ${days} days ago, and is to be held ${overdue[1].every.text}`;
  return notMet(reason, ['training', overdue[0], 'last']);
}

/** A training of today counts for the whole day. */
const dayMs = 86_400_000;

function insuranceVerified(plan: ResolvedPlan, nowMs: number | undefined): ReadinessAnswer {
  const insurances = Object.entries(plan.insurance);
  const unverified = insurances.find(([, { verified }]) => verified === undefined);
  if (insurances.length === 0) return notMet('no insurance is declared', ['insurance']);
  if (unverified !== undefined) {
    return notMet(`nobody says when the cover of ${unverified[0]} was last verified`, [
      'insurance',
      unverified[0],
    ]);
  }
  if (nowMs === undefined) return unknown(withoutTime, ['insurance']);
  const over = insurances.find(([, { valid_until: until }]) => isOver(until, nowMs));
  if (over !== undefined) {
    return notMet(`${over[0]} ended on ${over[1].valid_until}`, ['insurance', over[0], 'valid_until']);
  }
  const stale = insurances.find(
    ([, { verified }]) => daysBetween(startOfDay(verified ?? ''), nowMs) > yearDays,
  );
  if (stale === undefined)
    return met(`${namesInWords(insurances.map(([name]) => name))}: valid and verified`, ['insurance']);
  return notMet(`${stale[0]} was last verified on ${stale[1].verified}`, ['insurance', stale[0], 'verified']);
}

/** Policies are renewed each year. */
const yearDays = 366;

function budgetAllocated(plan: ResolvedPlan): ReadinessAnswer {
  const { budget } = plan;
  const lines = Object.keys(budget?.lines ?? {});
  return unless(
    [
      [budget === undefined, 'no budget is declared', ['budget']],
      [lines.length === 0, 'the budget has no line', ['budget', 'lines']],
      [(budget?.approved_by ?? []).length === 0, 'nobody has approved the budget', ['budget']],
    ],
    `${lines.length} lines, approved by ${namesInWords(budget?.approved_by ?? [])}`,
    ['budget'],
  );
}

const testing: ReadonlySet<DrillPlan['kind']> = new Set([
  'full',
  'restore',
  'integrity',
  'recovery-time',
  'consistency',
  'integration',
]);

function testsScheduled(plan: ResolvedPlan): ReadinessAnswer {
  const tests = Object.entries(plan.drills).filter(([, { kind }]) => testing.has(kind));
  const measured = tests.some(([, { measures }]) => measures.includes('rto'));
  return unless(
    [
      [tests.length === 0, 'no test of restores, integrity or recovery time is declared', ['drills']],
      [!measured, 'no test measures how long a recovery takes', ['drills', tests[0]?.[0] ?? '']],
    ],
    tests.map(([name, { every }]) => `${name} ${every.text}`).join(', '),
    ['drills'],
  );
}
