import { formatDuration } from '../duration.ts';
import { longestPaths } from '../graph/longest-paths.ts';
import { recoveryGraph } from '../graph/recovery-graph.ts';
import { recoveryOrder } from '../graph/recovery-order.ts';
import type { Objective, ResolvedPlan, ResolvedSystem } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { type RestoreTime, restoreTime } from './restore-time.ts';
import { objectivePlace, systemPlace } from './system-place.ts';

export const rtoPath: LintRule = {
  id: 'rto-path',
  number: 'T2',
  severity: 'warning',
  title: 'what a system waits for takes longer than its RTO',
  explanation:
    'A system is restored after everything that it depends on, so the times along the longest chain add up. The sum is more than ' +
    'the RTO: an error when all restores of the chain were measured, a warning while some are only declared.',
  fix: 'Shorten the chain or the restores on it, or relax the RTO if its owner agrees.',
  check: (plan, facts) => {
    const times = plan.systems.map((system) => restoreTime(system, facts));
    // Paths cost more than a look at the plan, and say nothing where nobody says how long anything takes.
    if (times.every((time) => time === undefined)) return [];
    const chains = chainsOf(plan, times);
    return plan.systems.flatMap((system, node) => {
      const { rto } = system.objectives;
      const chain = chains[node];
      if (rto === undefined || chain === undefined || chain.lengthMs <= rto.valueMs) return [];
      return chain.count < 2 ? [] : [hitOf({ system, rto, chain, shown: lastSteps(plan, chains, node) })];
    });
  },
};

/** The longest way to a node. Only systems that take any time count: of the others nobody says how long they take. */
interface Chain {
  readonly lengthMs: number;
  readonly count: number;
  readonly isMeasured: boolean;
  readonly time?: RestoreTime;
  /** The node before it on the way. */
  readonly via?: number;
}

function chainsOf(
  plan: ResolvedPlan,
  times: readonly (RestoreTime | undefined)[],
): readonly (Chain | undefined)[] {
  const { before } = recoveryGraph(plan);
  const order = recoveryOrder(before);
  const paths = longestPaths(before, order, (node) => times[node]?.valueMs ?? 0);
  const chains: (Chain | undefined)[] = before.map(() => undefined);
  for (const node of order.order) {
    const path = paths[node];
    if (path === undefined) continue;
    const earlier = path.via === undefined ? undefined : chains[path.via];
    const time = times[node];
    chains[node] = {
      lengthMs: path.lengthMs,
      count: (earlier?.count ?? 0) + (time === undefined ? 0 : 1),
      isMeasured: (earlier?.isMeasured ?? true) && (time?.isMeasured ?? true),
      ...(time === undefined ? {} : { time }),
      ...(path.via === undefined ? {} : { via: path.via }),
    };
  }
  return chains;
}

interface ChainStep {
  readonly name: string;
  readonly time: RestoreTime;
}

const stepsShownMax = 6;

/** The last ones of the way, the first of them first. */
function lastSteps(
  plan: ResolvedPlan,
  chains: readonly (Chain | undefined)[],
  last: number,
): readonly ChainStep[] {
  const steps: ChainStep[] = [];
  for (let node: number | undefined = last; node !== undefined; node = chains[node]?.via) {
    const name = plan.systems[node]?.name;
    const time = chains[node]?.time;
    if (name !== undefined && time !== undefined) steps.push({ name, time });
    if (steps.length >= stepsShownMax) break;
  }
  return steps.reverse();
}

interface LatePath {
  readonly system: ResolvedSystem;
  readonly rto: Objective;
  readonly chain: Chain;
  readonly shown: readonly ChainStep[];
}

function hitOf({ system, rto, chain, shown }: LatePath): LintHit {
  return {
    at: rto.from.kind === 'system' ? rto.from.path : systemPlace(system.name, 'depends_on'),
    severity: chain.isMeasured ? 'error' : 'warning',
    message:
      `${system.name} is back after ${arithmetic(chain, shown)} = ${formatDuration(chain.lengthMs)}, ` +
      `${formatDuration(chain.lengthMs - rto.valueMs)} more than its RTO of ${formatDuration(rto.valueMs)}`,
    suggestion: `shorten the restore of ${slowestOf(shown)}, which takes the most of it`,
    ...objectivePlace(rto, `the RTO of ${system.name}`),
  };
}

/** The first of a long chain add up to one term. */
function arithmetic(chain: Chain, shown: readonly ChainStep[]): string {
  const terms = shown.map(({ name, time }) => `${name} ${formatDuration(time.valueMs)} (${time.words})`);
  const shownMs = shown.reduce((total, { time }) => total + time.valueMs, 0);
  const others = chain.count - shown.length;
  const first = others > 0 ? [`${others} others ${formatDuration(chain.lengthMs - shownMs)}`] : [];
  return [...first, ...terms].join(' + ');
}

function slowestOf(chain: readonly ChainStep[]): string {
  return chain.toSorted((left, right) => right.time.valueMs - left.time.valueMs)[0]?.name ?? '';
}
