import { formatDuration } from '../duration.ts';
import { longestPaths, pathTo } from '../graph/longest-paths.ts';
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
    const { before } = recoveryGraph(plan);
    const paths = longestPaths(before, recoveryOrder(before), (node) => times[node]?.valueMs ?? 0);
    return plan.systems.flatMap((system, node) => {
      const { rto } = system.objectives;
      const lengthMs = paths[node]?.lengthMs ?? 0;
      if (rto === undefined || lengthMs <= rto.valueMs) return [];
      const chain = stepsOf(plan, pathTo(paths, node), times);
      return chain.length < 2 ? [] : [hitOf({ system, rto, lengthMs, chain })];
    });
  },
};

interface ChainStep {
  readonly name: string;
  readonly time: RestoreTime;
}

/** Systems on the way that take any time; of the others nobody says how long they take. */
function stepsOf(
  plan: ResolvedPlan,
  way: readonly number[],
  times: readonly (RestoreTime | undefined)[],
): readonly ChainStep[] {
  return way.flatMap((node) => {
    const name = plan.systems[node]?.name;
    const time = times[node];
    return name === undefined || time === undefined ? [] : [{ name, time }];
  });
}

interface LatePath {
  readonly system: ResolvedSystem;
  readonly rto: Objective;
  readonly lengthMs: number;
  readonly chain: readonly ChainStep[];
}

const stepsShownMax = 6;

function hitOf({ system, rto, lengthMs, chain }: LatePath): LintHit {
  const isMeasured = chain.every(({ time }) => time.isMeasured);
  return {
    at: rto.from.kind === 'system' ? rto.from.path : systemPlace(system.name, 'depends_on'),
    severity: isMeasured ? 'error' : 'warning',
    message:
      `${system.name} is back after ${arithmetic(chain)} = ${formatDuration(lengthMs)}, ` +
      `${formatDuration(lengthMs - rto.valueMs)} more than its RTO of ${formatDuration(rto.valueMs)}`,
    suggestion: `shorten the restore of ${slowestOf(chain)}, which takes the most of it`,
    ...objectivePlace(rto, `the RTO of ${system.name}`),
  };
}

/** The first of a long chain add up to one term. */
function arithmetic(chain: readonly ChainStep[]): string {
  const terms = chain.map(({ name, time }) => `${name} ${formatDuration(time.valueMs)} (${time.words})`);
  if (chain.length <= stepsShownMax) return terms.join(' + ');
  const hidden = chain.slice(0, chain.length - stepsShownMax);
  const sumMs = hidden.reduce((total, { time }) => total + time.valueMs, 0);
  const first = `${hidden.length} others ${formatDuration(sumMs)}`;
  return [first, ...terms.slice(hidden.length)].join(' + ');
}

function slowestOf(chain: readonly ChainStep[]): string {
  return chain.toSorted((left, right) => right.time.valueMs - left.time.valueMs)[0]?.name ?? '';
}
