import { stepsOfRunbook } from '../graph/steps-of-runbook.ts';
import type { PlanPath } from '../plan-path.ts';
import type { ResolvedPlan } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';

export const controlEvidence: LintRule = {
  id: 'control-evidence',
  number: 'Q1',
  severity: 'warning',
  title: 'a control rests on something that the plan does not have',
  explanation:
    'A framework requires something, and the plan says by which of its parts it is shown. That part is missing, so the ' +
    'auditor will be shown nothing.',
  fix: 'Add what shows it, or say by what else it is shown.',
  check: (plan) =>
    controlGaps(plan).map(
      ({ at, control, kind, lacking }): LintHit => ({
        at: [...at, 'shown_by'],
        message: `${control} is to be shown by ${kind}, but ${lacking}`,
      }),
    ),
};

export type EvidenceKind = NonNullable<
  NonNullable<NonNullable<ResolvedPlan['compliance']>['frameworks']>[string]
>['controls'][string]['shown_by'][number];

export interface ControlGap {
  readonly at: PlanPath;
  readonly control: string;
  readonly kind: EvidenceKind;
  readonly lacking: string;
}

/** What controls rest on and the plan does not have. Erasure is left to the rule about it. */
export function controlGaps(plan: ResolvedPlan): readonly ControlGap[] {
  const known = new Map<EvidenceKind, string | undefined>();
  return Object.entries(plan.compliance?.frameworks ?? {}).flatMap(([framework, { controls }]) =>
    Object.entries(controls).flatMap(([control, { shown_by: shownBy }]) =>
      shownBy.flatMap((kind) => {
        if (!known.has(kind)) known.set(kind, whatLacks[kind](plan));
        const lacking = known.get(kind);
        const at: PlanPath = ['compliance', 'frameworks', framework, 'controls', control];
        return lacking === undefined ? [] : [{ at, control: `${framework}.${control}`, kind, lacking }];
      }),
    ),
  );
}

const whatLacks: Readonly<Record<EvidenceKind, (plan: ResolvedPlan) => string | undefined>> = {
  encryption: (plan) => {
    const plain = plan.vaults.find(({ declared }) => declared.encryption?.algorithm === 'none');
    return plain === undefined ? undefined : `the vault ${plain.name} says that it is not encrypted`;
  },
  'access-control': (plan) => {
    const open = plan.vaults.filter(
      ({ declared: { access } }) => access?.read_by === undefined && access?.delete_by === undefined,
    );
    return open.length === 0
      ? undefined
      : `${open.length} of ${plan.vaults.length} vaults say nothing about access (${open[0]?.name})`;
  },
  retention: (plan) => {
    const has =
      plan.systems.some(
        ({ retention, backups }) =>
          retention !== undefined || backups.some((line) => line.retention !== undefined),
      ) || plan.vaults.some(({ declared }) => declared.retention !== undefined);
    return has ? undefined : 'no retention is declared';
  },
  erasure: () => undefined,
  'restore-tests': (plan) => {
    const systems = plan.systems.filter(({ source }) => source !== undefined);
    const unchecked = systems.filter(({ checks }) => checks.length === 0);
    if (systems.length === 0) return 'no system has data';
    return unchecked.length === 0
      ? undefined
      : `${unchecked.length} of ${systems.length} systems have no check (${unchecked[0]?.name})`;
  },
  drills: (plan) => (Object.keys(plan.drills).length > 0 ? undefined : 'the plan has no drill'),
  'audit-log': (plan) => (plan.compliance?.audit_log === undefined ? 'no audit log is declared' : undefined),
  'off-site': (plan) => (plan.vaults.some(({ offSite }) => offSite) ? undefined : 'no vault is off site'),
  immutability: (plan) =>
    plan.vaults.some(({ declared }) => declared.immutability !== undefined)
      ? undefined
      : 'no vault is immutable',
  documentation: (plan) =>
    Object.keys(plan.runbooks).length > 0 ||
    plan.records !== undefined ||
    (plan.relatedDocuments?.length ?? 0) > 0
      ? undefined
      : 'there is no runbook, no record and no related document',
  review: (plan) => (plan.review === undefined ? 'no review is declared' : undefined),
  training: (plan) => (Object.keys(plan.training).length > 0 ? undefined : 'no training is declared'),
  notification: (plan) =>
    isNotified(plan) ? undefined : 'no framework says notify_within and no breach runbook notifies anybody',
};

function isNotified(plan: ResolvedPlan): boolean {
  const frameworks = Object.values(plan.compliance?.frameworks ?? {});
  if (frameworks.some(({ notify_within: within }) => within !== undefined)) return true;
  return Object.values(plan.scenarios).some(
    ({ kind, runbooks }) =>
      kind === 'security-breach' &&
      (runbooks ?? []).some((name) => stepsOfRunbook(plan, name).steps.some((step) => step.do === 'notify')),
  );
}
