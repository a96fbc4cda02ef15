import { durationText } from '../../objective/duration-text.ts';
import type { Status } from '../../objective/objective.ts';
import type { Simulation, Verdict } from '../../plan/simulate/simulation.ts';

/** `5 affected: 2 breached, 1 unknown; last back after at least 2 h; in the way: nobody knows how soon it is noticed`. */
export function scenarioSentence(simulation: Simulation): string {
  const { systems, criticalPath } = simulation;
  if (systems.length === 0) return 'strikes no system';
  const never = systems.filter((each) => each.back.kind === 'never').length;
  const neverText = never === 0 ? '' : `${never} never back, `;
  const last = `last back after ${criticalPath.isKnown ? '' : 'at least '}${durationText(criticalPath.totalMs)}`;
  return `${systems.length} affected: ${judged(simulation)}; ${neverText}${last}${inTheWay(simulation)}`;
}

const notKept = ['breached', 'unknown', 'at-risk'] as const;

function judged({ systems }: Simulation): string {
  const missing = (['rpo', 'rto'] as const).filter(
    (objective) => !systems.some(({ verdicts }) => hasVerdict(verdicts, objective)),
  );
  const without = missing.map((objective) => `no ${objective.toUpperCase()}`).join(', ');
  if (missing.length === 2) return `nothing to judge: ${without}`;
  const count = (status: Status | undefined): number =>
    systems.filter((each) => each.status === status).length;
  const counts = notKept
    .filter((status) => count(status) > 0)
    .map((status) => `${count(status)} ${status.replace('-', ' ')}`);
  const kept = counts.length > 0 ? [] : ['what is promised is kept'];
  const unpromised = count(undefined) === 0 ? [] : [`${count(undefined)} without objectives`];
  return [...counts, ...kept, ...unpromised, ...(without === '' ? [] : [without])].join(', ');
}

function hasVerdict(verdicts: readonly Verdict[], objective: Verdict['objective']): boolean {
  return verdicts.some((verdict) => verdict.objective === objective);
}

function inTheWay({ blockers }: Simulation): string {
  const [first, ...more] = blockers.filter(({ severity }) => severity === 'blocks');
  if (first === undefined) return '';
  return `; in the way: ${first.message}${more.length === 0 ? '' : `, and ${more.length} more`}`;
}
