/** Reads a new plan back before anything is made for it. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { Finding } from '../../plan/finding.ts';
import { lintPlan } from '../../plan/lint/lint-plan.ts';
import { parsePlan } from '../../plan/parse-plan.ts';
import { diskFacts } from './device-of.ts';
import type { InitChoices } from './init-choices.ts';

/** Gives what the linter warns of, such as a vault on the same disk. Raises USAGE for answers that cannot stand in a plan. */
export async function checkPlan(text: string, choices: InitChoices): Promise<readonly Finding[]> {
  const findings = lintPlan(parsePlan(text, choices.planFile), await diskFacts(choices));
  const [error] = findings.filter(({ severity }) => severity === 'error');
  if (error === undefined) return findings.filter(({ severity }) => severity === 'warning');
  const where = error.path === '' ? '' : ` (${error.path})`;
  throw new LifeboatError('USAGE', `the plan would have an error: ${error.message}${where}`, {
    hint: `Answer otherwise${error.suggestion === undefined ? '' : `: ${error.suggestion}`}. Nothing was made.`,
  });
}
