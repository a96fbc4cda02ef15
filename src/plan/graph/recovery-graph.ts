/**
 * What must be back before what: systems, the sites they stand on, the vaults they come from, and what the recovery
 * itself cannot do without (Git, DNS, secrets, chat, sign-on, registry, this tool).
 */
import type { ResolvedPlan, ResolvedSystem } from '../resolved-plan.ts';
import { needsOfRunbook } from './needs-of-runbook.ts';
import type { Before } from './recovery-order.ts';

export type NodeKind = 'system' | 'site' | 'vault' | 'need';

export interface GraphNode {
  readonly kind: NodeKind;
  /** Unique within its kind. */
  readonly name: string;
}

export type EdgeReason =
  /** A system on a system: `depends_on`. */
  | 'depends-on'
  /** A system on the one that keeps its code, and a CDN on what it delivers. */
  | 'is-built-from'
  /** A system on its site. */
  | 'stands-at'
  /** A vault on its site, a need on the site that it is lost with. */
  | 'is-lost-with'
  /** A system on its only vault; one of several is a choice and no edge, see `vaults` of the system. */
  | 'is-restored-from'
  /** A system on what its recovery needs: its own `needs`, or those of its runbook. */
  | 'is-recovered-by'
  /** A need on a system of the plan that it runs on. */
  | 'runs-on';

export interface RecoveryGraph {
  /** Systems in the order of the file, then sites, vaults and needs. */
  readonly nodes: readonly GraphNode[];
  /** By node: those that must be back before it. */
  readonly before: Before;
  /** By node, beside each of `before`: why. */
  readonly because: readonly (readonly EdgeReason[])[];
  /** The number of a node; `undefined` when the plan has no such thing. */
  indexOf(kind: NodeKind, name: string): number | undefined;
}

/** Names that the plan does not declare (drafts) make no edge. Worked out once for each plan. */
export function recoveryGraph(plan: ResolvedPlan): RecoveryGraph {
  const known = graphs.get(plan);
  if (known !== undefined) return known;
  const graph = buildGraph(plan);
  graphs.set(plan, graph);
  return graph;
}

const graphs = new WeakMap<ResolvedPlan, RecoveryGraph>();

function buildGraph(plan: ResolvedPlan): RecoveryGraph {
  const nodes = nodesOf(plan);
  const indices = new Map(nodes.map(({ kind, name }, index) => [`${kind} ${name}`, index]));
  const indexOf = (kind: NodeKind, name: string): number | undefined => indices.get(`${kind} ${name}`);
  const before = nodes.map((): number[] => []);
  const because = nodes.map((): EdgeReason[] => []);
  const connect: Connect = (kind, name, reason, targetKind, targets) => {
    const from = indexOf(kind, name);
    for (const target of targets) {
      const to = target === undefined ? undefined : indexOf(targetKind, target);
      if (from === undefined || to === undefined) continue;
      before[from]?.push(to);
      because[from]?.push(reason);
    }
  };
  for (const system of plan.systems) connectSystem(plan, system, connect);
  for (const { name, declared } of plan.vaults)
    connect('vault', name, 'is-lost-with', 'site', [declared.site]);
  for (const [name, need] of Object.entries(plan.recoveryNeeds)) {
    connect('need', name, 'is-lost-with', 'site', [need.site]);
    connect('need', name, 'runs-on', 'system', need.runs_on ?? []);
  }
  return { nodes, before, because, indexOf };
}

type Connect = (
  kind: NodeKind,
  name: string,
  reason: EdgeReason,
  targetKind: NodeKind,
  targets: readonly (string | undefined)[],
) => void;

function nodesOf(plan: ResolvedPlan): readonly GraphNode[] {
  const named = (kind: NodeKind, names: readonly string[]) => names.map((name) => ({ kind, name }));
  return [
    ...named(
      'system',
      plan.systems.map(({ name }) => name),
    ),
    ...named('site', Object.keys(plan.sites)),
    ...named(
      'vault',
      plan.vaults.map(({ name }) => name),
    ),
    ...named('need', Object.keys(plan.recoveryNeeds)),
  ];
}

function connectSystem(plan: ResolvedPlan, system: ResolvedSystem, connect: Connect): void {
  const { name, dependsOn, site, source, vaults, release, cdn } = system;
  connect('system', name, 'depends-on', 'system', dependsOn);
  const builtFrom = [release?.repository, ...(cdn?.origins ?? [])].filter((other) => other !== name);
  connect('system', name, 'is-built-from', 'system', builtFrom);
  connect('system', name, 'stands-at', 'site', [site]);
  if (source !== undefined && vaults.length === 1)
    connect('system', name, 'is-restored-from', 'vault', vaults);
  connect('system', name, 'is-recovered-by', 'need', needsOfSystem(plan, system));
}

/** What the recovery of one system cannot do without: as it says itself, and what its runbook needs. */
export function needsOfSystem(plan: ResolvedPlan, { needs, runbook }: ResolvedSystem): readonly string[] {
  return [...new Set([...needs, ...(runbook === undefined ? [] : needsOfRunbook(plan, runbook))])];
}
