import type { PlanPath } from '../plan-path.ts';
import type { RecoveryNeedPlan, ResolvedPlan, StepPlan } from '../resolved-plan.ts';
import { factOf } from './plan-facts.ts';

type NeedKind = RecoveryNeedPlan['kind'];

/** Something in the plan that does not work without a thing outside of it. */
export interface NeedDemand {
  readonly kind: NeedKind;
  readonly at: PlanPath;
  /** What needs it. */
  readonly words: string;
  /** In which runbook or vault. */
  readonly where: string;
  /** Another channel would do as well. */
  readonly hasOther?: boolean;
}

/** What runbooks and references to secrets cannot do without, by their steps. */
export function needDemands(plan: ResolvedPlan): readonly NeedDemand[] {
  const containers = new Set(
    plan.systems
      .filter(({ service }) => service?.manager === 'kubernetes' || service?.manager === 'compose')
      .map(({ name }) => name),
  );
  const bySteps = Object.entries(plan.runbooks).flatMap(
    ([runbook, { steps, verification = [], afterwards = [] }]) => [
      ...steps.flatMap((step, index) =>
        stepDemands(plan, containers, step, { runbook, list: 'steps', index }),
      ),
      ...verification.flatMap((step, index) =>
        stepDemands(plan, containers, step, { runbook, list: 'verification', index }),
      ),
      ...afterwards.flatMap((step, index) =>
        stepDemands(plan, containers, step, { runbook, list: 'afterwards', index }),
      ),
    ],
  );
  const byFailovers = bySteps.some(({ kind }) => kind === 'dns') ? [] : failoverDemands(plan);
  return [...bySteps, ...byFailovers, ...secretDemands(plan)];
}

interface StepPlace {
  readonly runbook: string;
  readonly list: 'steps' | 'verification' | 'afterwards';
  readonly index: number;
}

const demandsOfStep: Readonly<Partial<Record<StepPlan['do'], readonly NeedKind[]>>> = {
  deploy: ['git'],
  'update-dns': ['dns'],
  'rotate-credentials': ['secrets'],
  provision: ['sso'],
  'change-access': ['sso'],
  restore: ['this-tool'],
  'verify-backup': ['this-tool'],
  'apply-logs': ['this-tool'],
};

function stepDemands(
  plan: ResolvedPlan,
  containers: ReadonlySet<string>,
  step: StepPlan,
  { runbook, list, index }: StepPlace,
): readonly NeedDemand[] {
  const place = {
    at: ['runbooks', runbook, list, index],
    words: `the step ${step.do} of ${runbook}`,
    where: runbook,
  };
  const kinds = [...(demandsOfStep[step.do] ?? [])];
  if (step.do === 'deploy' && (step.systems ?? [...containers]).some((name) => containers.has(name)))
    kinds.push('registry');
  const plain = kinds.map((kind) => ({ kind, ...place }));
  if (step.do !== 'notify') return plain;
  const kindsOfChannels = new Set(channelsOf(plan, step).flatMap((name) => needOfChannel(plan, name)));
  return [...kindsOfChannels].map((kind) => ({ kind, ...place, hasOther: kindsOfChannels.size > 1 }));
}

function channelsOf(plan: ResolvedPlan, step: Extract<StepPlan, { do: 'notify' }>): readonly string[] {
  const audiences = plan.communication?.audiences ?? {};
  return [
    ...(step.channels ?? []),
    ...(step.audiences ?? []).flatMap((name) => factOf(audiences, name)?.channels ?? []),
  ];
}

function needOfChannel(plan: ResolvedPlan, name: string): readonly NeedKind[] {
  switch (factOf(plan.channels, name)?.kind) {
    case 'slack':
    case 'teams':
    case 'matrix':
      return ['chat'];
    case 'pagerduty':
    case 'opsgenie':
      return ['paging'];
    case 'status-page':
      return ['status-page'];
    case 'email':
      return ['mail'];
    default:
      return [];
  }
}

/** A failover changes the records that it names, also where no step of a runbook says so. */
function failoverDemands(plan: ResolvedPlan): readonly NeedDemand[] {
  return Object.entries(plan.failovers).flatMap(([name, { dns }]): readonly NeedDemand[] =>
    dns === undefined
      ? []
      : [{ kind: 'dns', at: ['failovers', name, 'dns'], words: `the failover ${name}`, where: name }],
  );
}

/** A password that a program fetches comes from somewhere that has to be there. */
function secretDemands(plan: ResolvedPlan): readonly NeedDemand[] {
  return plan.vaults.flatMap(({ name, password, declared }) =>
    [
      { field: 'password', reference: password },
      { field: 'credentials', reference: declared.credentials },
    ].flatMap(({ field, reference }): readonly NeedDemand[] =>
      reference?.kind !== 'command'
        ? []
        : [
            {
              kind: 'secrets',
              at: ['vaults', name, field],
              words: `the ${field} of the vault ${name}`,
              where: name,
            },
          ],
    ),
  );
}
