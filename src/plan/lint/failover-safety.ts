import type { PlanPath } from '../plan-path.ts';
import type { FailoverPlan, ResolvedPlan } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { namesInWords } from './names-in-words.ts';

export const failoverSafety: LintRule = {
  id: 'failover-safety',
  number: 'K10',
  severity: 'error',
  title: 'a failover can split the service in two, or has nothing to move to',
  explanation:
    'When the line between two sites breaks, each of them believes that the other is gone, and only a third place and a fence ' +
    'keep both from writing. A failover also needs its data at the other site, and a way back.',
  fix: 'Name three observers with one outside both sites, a fence, replication to the target, and a runbook for the way back.',
  check: (plan) => Object.entries(plan.failovers).flatMap(([name, failover]) => hitsOf(plan, name, failover)),
};

const observersMin = 3;

function hitsOf(plan: ResolvedPlan, name: string, failover: FailoverPlan): readonly LintHit[] {
  const at: PlanPath = ['failovers', name];
  if (failover.from === failover.to) {
    return [{ at: [...at, 'to'], message: `${name} moves from ${failover.from} to the same site` }];
  }
  return [
    ...(failover.mode === 'automatic' ? observerHits(at, name, failover) : []),
    ...fenceHits(at, name, failover),
    ...dataHits(plan, at, name, failover),
    ...wayBackHits(at, name, failover),
  ];
}

function observerHits(
  at: PlanPath,
  name: string,
  { observers = [], from, to }: FailoverPlan,
): readonly LintHit[] {
  const outside = observers.filter((site) => site !== from && site !== to);
  if (new Set(observers).size >= observersMin && outside.length > 0) return [];
  return [
    {
      at: [...at, 'observers'],
      message:
        `${name} moves by itself with ${observers.length} of ${observersMin} observers, ${outside.length} of them outside both ` +
        `sites: when the line between ${from} and ${to} breaks, both may serve`,
      suggestion: 'name three sites, one of them a witness that is neither',
    },
  ];
}

/** A person can make sure by hand, so that it is only worse without a person. */
function fenceHits(at: PlanPath, name: string, { fence, mode, from }: FailoverPlan): readonly LintHit[] {
  if (fence !== undefined) return [];
  return [
    {
      at,
      onKey: true,
      severity: mode === 'automatic' ? 'error' : 'warning',
      message: `${name} has no fence: nothing makes sure that ${from} does not write any more`,
      suggestion: 'add the command that stops, isolates or switches off the old side',
    },
  ];
}

function dataHits(
  plan: ResolvedPlan,
  at: PlanPath,
  name: string,
  { systems, to }: FailoverPlan,
): readonly LintHit[] {
  const replicated = plan.systems.filter(({ replication }) => replication.some((each) => each.to === to));
  if (systems === undefined) {
    if (replicated.length > 0 || plan.systems.every(({ source }) => source === undefined)) return [];
    const message = `${name} moves every system that is replicated to ${to}, and none is`;
    return [{ at: [...at, 'to'], message, suggestion: `declare replication "to: ${to}"` }];
  }
  const named = new Set(systems);
  const there = new Set(replicated.map((system) => system.name));
  const lacking = plan.systems.filter(
    (system) =>
      named.has(system.name) && system.source !== undefined && !there.has(system.name) && system.site !== to,
  );
  if (lacking.length === 0) return [];
  const names = lacking.map((system) => system.name);
  return [
    {
      at: [...at, 'systems'],
      message: `${name} moves ${namesInWords(names)} to ${to}, but ${names.length === 1 ? 'its' : 'their'} data is not replicated there`,
      suggestion: `declare replication "to: ${to}", or leave ${names.length === 1 ? 'it' : 'them'} to a restore`,
      relatedAt: { at: ['systems', names[0] ?? ''], message: 'has data and no replica there' },
    },
  ];
}

function wayBackHits(at: PlanPath, name: string, { failback, from }: FailoverPlan): readonly LintHit[] {
  if (failback !== undefined) return [];
  const message = `${name} has no way back to ${from}`;
  return [
    { at, onKey: true, severity: 'warning', message, suggestion: 'add failback with the runbook for it' },
  ];
}
