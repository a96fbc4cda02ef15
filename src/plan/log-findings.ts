/** What is wrong between the fields of a system's log, each of which is right by itself. */
import type { UnplacedFinding } from './finding.ts';
import type { Plan, SystemPlan } from './plan-schema.ts';

export function logFindings(name: string, system: SystemPlan, plan: Plan): readonly UnplacedFinding[] {
  const { logs } = system;
  if (logs === undefined) return [];
  const at = ['systems', name, 'logs'];
  const vaults = logs.vaults ?? system.vaults ?? Object.keys(plan.vaults);
  return [
    ...undecided(name, logs, at),
    ...needlessDecision(name, logs, at),
    ...tooManyCopies(logs, vaults, at),
  ];
}

type Logs = NonNullable<SystemPlan['logs']>;

/** Whether the business stops or goes on with a risk is nothing that a program may choose. */
function undecided(name: string, logs: Logs, at: readonly string[]): readonly UnplacedFinding[] {
  if (logs.acknowledged !== 'before-commit' || logs.when_unreachable !== undefined) return [];
  return [
    {
      id: 'logs-undecided',
      severity: 'error',
      at: [...at, 'acknowledged'],
      onKey: true,
      message: `commits of ${name} wait for the log, and nothing says what happens when its vaults cannot be reached`,
      expected: '"when_unreachable": block, or a map such as { degrade_after: 30 s }',
    },
  ];
}

function needlessDecision(name: string, logs: Logs, at: readonly string[]): readonly UnplacedFinding[] {
  const key = (['when_unreachable', 'copies'] as const).find((each) => logs[each] !== undefined);
  if (logs.acknowledged === 'before-commit' || key === undefined) return [];
  return [
    {
      id: 'logs-not-waited-for',
      severity: 'error',
      at: [...at, key],
      onKey: true,
      message: `"${key}" has no meaning here: no commit of ${name} waits for the log`,
      suggestion: `take it away, or let commits wait with "acknowledged: before-commit"`,
    },
  ];
}

function tooManyCopies(
  { copies }: Logs,
  vaults: readonly string[],
  at: readonly string[],
): readonly UnplacedFinding[] {
  if (copies === undefined || copies <= vaults.length) return [];
  return [
    {
      id: 'logs-copies',
      severity: 'error',
      at: [...at, 'copies'],
      message: `a commit can never be durable in ${copies} vaults: the log goes to ${vaults.length}`,
      expected: `a number from 1 to ${vaults.length}`,
    },
  ];
}
