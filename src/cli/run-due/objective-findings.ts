/** Which systems do not meet their objectives when a pass ends: absence of proof raises the alarm. Pure. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { whyNotMet } from '../../objective/plan-verdict.ts';
import type { SystemAssessment } from '../../objective/system-assessment.ts';
import type { Finding } from './finding.ts';

export const objectiveSubject = (system: string): string => `objective ${system}`;

/** One finding for each system: fine when it is met or at risk, OBJECTIVE_NOT_MET when it is breached or unknown. */
export function objectiveFindings(systems: readonly SystemAssessment[]): readonly Finding[] {
  return systems.map((assessed) => {
    const about = { subject: objectiveSubject(assessed.system), systems: [assessed.system] };
    const isMet = assessed.status === 'met' || assessed.status === 'at-risk';
    return isMet ? about : { ...about, error: notMet(assessed) };
  });
}

function notMet(assessed: SystemAssessment): LifeboatError {
  const { system, worst } = assessed;
  const action = worst?.nextAction;
  const noObjective = 'Give the system objectives in the plan.';
  const hint = worst === undefined ? noObjective : `Run \`${action ?? 'lifeboat status'}\`.`;
  return new LifeboatError('OBJECTIVE_NOT_MET', `${system}: ${whyNotMet(assessed)}`, { hint });
}
