import { assessmentTitle } from './assess.ts';
import { durationText } from './duration-text.ts';
import { type Status, worstStatus } from './objective.ts';
import { compareWorstFirst, type SystemAssessment } from './system-assessment.ts';

export interface PlanVerdict {
  readonly status: Status;
  /** Systems that are met or at risk; what is unknown is not counted. */
  readonly recoverable: number;
  readonly systems: number;
  /** One sentence, or two: how many, and the worst of them. */
  readonly sentence: string;
}

/**
 * The whole plan in a sentence: `Recoverable: 2 of 3 systems. Worst: orders-db, RPO breached, 3 h 10 min against 1 h.`
 * (the system in backquotes).
 */
export function planVerdict(systems: readonly SystemAssessment[]): PlanVerdict {
  const recoverable = systems.filter(({ status }) => status === 'met' || status === 'at-risk').length;
  const status = worstStatus(systems.map((system) => system.status));
  const count = `Recoverable: ${recoverable} of ${systems.length} ${systems.length === 1 ? 'system' : 'systems'}.`;
  const [worst] = systems.toSorted(compareWorstFirst);
  const sentence = status === 'met' || worst === undefined ? count : `${count} ${describeWorst(worst)}`;
  return { status, recoverable, systems: systems.length, sentence };
}

function describeWorst(system: SystemAssessment): string {
  return `Worst: \`${system.system}\`, ${whyNotMet(system)}.`;
}

/** How its worst assessment stands: `RPO breached, 3 h 10 min against 1 h`. */
export function whyNotMet({ worst, concern }: SystemAssessment): string {
  if (concern !== undefined && (worst === undefined || worst.status === 'met')) return concern;
  if (worst === undefined) return 'the plan has no objective for it';
  const { measuredMs, objective } = worst;
  const measured =
    measuredMs === undefined || worst.status === 'unknown'
      ? worst.reason
      : `${durationText(measuredMs)} against ${durationText(objective.targetMs)}`;
  return `${assessmentTitle(worst)}, ${measured}`;
}
