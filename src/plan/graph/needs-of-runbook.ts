import type { RecoveryNeedPlan, ResolvedPlan, StepPlan } from '../resolved-plan.ts';
import { stepsOfRunbook } from './steps-of-runbook.ts';

/** Steps that cannot be done without a kind of need, for needs that do not say themselves who needs them. */
const stepsThatNeed: Readonly<Record<RecoveryNeedPlan['kind'], readonly StepPlan['do'][]>> = {
  git: ['deploy'],
  ci: ['deploy'],
  registry: ['deploy'],
  dns: ['update-dns'],
  secrets: ['configure', 'deploy', 'rotate-credentials'],
  sso: ['change-access', 'deploy', 'provision'],
  chat: ['assemble', 'notify'],
  paging: ['assemble'],
  mail: ['notify'],
  'status-page': ['notify'],
  'vault-store': ['apply-logs', 'restore', 'verify-backup'],
  'this-tool': ['apply-logs', 'restore', 'verify-backup'],
  other: [],
};

/** The recovery needs of a runbook and of those that it calls, in the order of the file; none for an unknown one. */
export function needsOfRunbook(plan: ResolvedPlan, runbook: string): readonly string[] {
  const ofPlan = known.get(plan) ?? new Map<string, readonly string[]>();
  known.set(plan, ofPlan);
  const needs = ofPlan.get(runbook) ?? workOut(plan, runbook);
  ofPlan.set(runbook, needs);
  return needs;
}

/** Many systems share a runbook. */
const known = new WeakMap<ResolvedPlan, Map<string, readonly string[]>>();

function workOut(plan: ResolvedPlan, runbook: string): readonly string[] {
  const { steps, runbooks } = stepsOfRunbook(plan, runbook);
  const acts = new Set(steps.map((step) => step.do));
  return Object.entries(plan.recoveryNeeds)
    .filter(([, need]) =>
      need.needed_by === undefined
        ? stepsThatNeed[need.kind].some((act) => acts.has(act))
        : need.needed_by.some((name) => runbooks.has(name)),
    )
    .map(([name]) => name);
}
