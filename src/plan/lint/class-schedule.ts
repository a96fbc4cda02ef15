import { formatDuration } from '../duration.ts';
import type { PlanPath } from '../plan-path.ts';
import type { ResolvedPlan, ResolvedSystem } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import type { PlanFacts } from './plan-facts.ts';
import { reliedOn } from './relied-lines.ts';
import { systemLoss } from './system-loss.ts';

/**
 * Only what the system's own objective hides: where the objective of the class is the one that holds, `rpo-schedule`
 * and `rto-dependency` speak about it.
 */
export const classSchedule: LintRule = {
  id: 'class-schedule',
  number: 'T3',
  severity: 'error',
  title: 'a system promises less than the data that it holds needs',
  explanation:
    'The data class has an objective, and the system that holds such data has a laxer one of its own, which wins. ' +
    'Whoever reads the data class relies on a promise that nobody keeps.',
  fix: 'Remove the objective of the system, or take the data class from the system if it does not hold such data.',
  check: (plan, facts) => plan.systems.flatMap((system) => hitsOf(plan, system, facts)),
};

interface Hidden {
  readonly key: 'rpo' | 'rto';
  readonly className: string;
  readonly classMs: number;
  readonly ownMs: number;
  readonly ownPath: PlanPath;
}

function hitsOf(plan: ResolvedPlan, system: ResolvedSystem, facts: PlanFacts): readonly LintHit[] {
  return (['rpo', 'rto'] as const).flatMap((key): readonly LintHit[] => {
    const hidden = hiddenBy(plan, system, key);
    return hidden === undefined ? [] : [hitOf(plan, system, hidden, facts)];
  });
}

/** The strictest of the classes, when the system's own objective is laxer. */
function hiddenBy(plan: ResolvedPlan, system: ResolvedSystem, key: 'rpo' | 'rto'): Hidden | undefined {
  const own = system.objectives[key];
  if (own === undefined || own.from.kind !== 'system') return undefined;
  return system.dataClasses
    .flatMap((className): readonly Hidden[] => {
      const classes = plan.dataClasses;
      const classMs = Object.hasOwn(classes, className) ? classes[className]?.[key] : undefined;
      if (classMs === undefined || classMs >= own.valueMs) return [];
      return [{ key, className, classMs, ownMs: own.valueMs, ownPath: own.from.path }];
    })
    .toSorted((left, right) => left.classMs - right.classMs)[0];
}

function hitOf(plan: ResolvedPlan, system: ResolvedSystem, hidden: Hidden, facts: PlanFacts): LintHit {
  const { key, className, classMs, ownMs, ownPath } = hidden;
  const word = key.toUpperCase();
  const promised =
    `${system.name} holds ${className}, whose ${word} is ${formatDuration(classMs)}, but has an own ${word} of ` +
    `${formatDuration(ownMs)}, which is ${formatDuration(ownMs - classMs)} more`;
  const loss =
    key === 'rpo' && system.source !== undefined
      ? systemLoss(plan, reliedOn(system).relied, facts).counted
      : undefined;
  const isHeld = loss !== undefined && loss.totalMs <= classMs;
  const really = loss === undefined ? '' : `; ${loss.arithmetic}`;
  return {
    at: ownPath,
    severity: isHeld ? 'warning' : 'error',
    message: `${promised}${really}`,
    suggestion: isHeld
      ? `remove the ${word} of ${system.name}: its schedule is good enough for ${className}`
      : `give ${system.name} at most ${formatDuration(classMs)}, or take ${className} from it`,
    relatedAt: { at: ['data_classes', className, key], message: `the ${word} of ${className} stands here` },
  };
}
