import { formatDuration } from '../duration.ts';
import type { PlanPath } from '../plan-path.ts';
import type { DrillPlan, ResolvedPlan } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { factOf } from './plan-facts.ts';

export const auditCoverage: LintRule = {
  id: 'audit-coverage',
  number: 'Q5',
  severity: 'warning',
  title: 'an audit looks at something that is not done',
  explanation:
    'An audit looks at results of drills, restores and records, and it can only find what was made since the last one. Where ' +
    'nothing is done, or more rarely than it is looked at, the audit has nothing to see.',
  fix: 'Add the drill or the log that the audit looks at, at least as often as the audit.',
  check: (plan) =>
    Object.entries(plan.compliance?.audits ?? {}).flatMap(([name, audit]) => hitsOf(plan, name, audit)),
};

type AuditPlan = NonNullable<NonNullable<ResolvedPlan['compliance']>['audits']>[string];

function hitsOf(plan: ResolvedPlan, name: string, audit: AuditPlan): readonly LintHit[] {
  const at: PlanPath = ['compliance', 'audits', name];
  const lacking = whatLacks(plan, audit);
  if (lacking !== undefined)
    return [{ at, onKey: true, message: `${name} looks at ${audit.what}, but ${lacking}` }];
  const done = doneFor(plan, audit);
  if (done === undefined || done.everyMs <= audit.every.intervalMs) return [];
  return [
    {
      at: [...at, 'every'],
      message:
        `${name} looks ${audit.every.text}, up to ${formatDuration(audit.every.intervalMs)} apart, but ${done.words} comes every ` +
        `${formatDuration(done.everyMs)}: some audits see nothing new`,
      suggestion: 'let it be done at least as often as it is looked at',
      relatedAt: { at: done.at, message: 'what it looks at' },
    },
  ];
}

function whatLacks(plan: ResolvedPlan, audit: AuditPlan): string | undefined {
  const events = plan.compliance?.audit_log?.events;
  switch (audit.what) {
    case 'restore-tests':
    case 'full-drill':
      return doneFor(plan, audit) === undefined ? 'no drill or proof makes any' : undefined;
    case 'access':
      return events?.includes('access') ? undefined : 'the audit log does not record access';
    case 'configuration':
      return events?.includes('configuration')
        ? undefined
        : 'the audit log does not record changes of configuration';
    case 'completeness':
      return plan.systems.some(({ schedules }) => schedules.length > 0)
        ? undefined
        : 'no system has a schedule';
    case 'retention':
      return plan.systems.some(
        ({ retention, backups }) =>
          retention !== undefined || backups.some((line) => line.retention !== undefined),
      ) || plan.vaults.some(({ declared }) => declared.retention !== undefined)
        ? undefined
        : 'no retention is declared';
    default:
      return audit.what satisfies never;
  }
}

interface Done {
  readonly everyMs: number;
  readonly at: PlanPath;
  readonly words: string;
}

const restoring: ReadonlySet<DrillPlan['kind']> = new Set([
  'full',
  'restore',
  'integrity',
  'recovery-time',
  'consistency',
]);

/** The most frequent of what an audit of drills or restores can look at; nothing for other audits. */
function doneFor(plan: ResolvedPlan, audit: AuditPlan): Done | undefined {
  if (audit.what !== 'restore-tests' && audit.what !== 'full-drill') return undefined;
  const named = audit.drill === undefined ? undefined : factOf(plan.drills, audit.drill);
  const candidates: readonly (readonly [string, DrillPlan])[] =
    named === undefined
      ? Object.entries(plan.drills).filter(([, drill]) => suits(audit, drill))
      : [[audit.drill ?? '', named]];
  const drills = candidates.map(
    ([name, { every }]): Done => ({
      everyMs: every.intervalMs,
      at: ['drills', name, 'every'],
      words: `the drill ${name}`,
    }),
  );
  const proofs = audit.what === 'full-drill' ? [] : proofsOf(plan);
  return [...drills, ...proofs].toSorted((left, right) => left.everyMs - right.everyMs)[0];
}

function suits(audit: AuditPlan, { kind, systems }: DrillPlan): boolean {
  return audit.what === 'full-drill' ? kind === 'full' && systems === undefined : restoring.has(kind);
}

function proofsOf(plan: ResolvedPlan): readonly Done[] {
  return plan.systems.flatMap(({ name, proof, checks }): readonly Done[] =>
    proof?.every === undefined || checks.length === 0
      ? []
      : [
          {
            everyMs: proof.every.intervalMs,
            at: ['systems', name, 'proof', 'every'],
            words: `the proof of ${name}`,
          },
        ],
  );
}
