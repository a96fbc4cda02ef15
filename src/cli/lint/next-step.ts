import type { Finding } from '../../plan/finding.ts';
import type { ParsedPlan } from '../../plan/parse-plan.ts';

/** What to do about the findings, in one sentence; nothing when there are only notes. */
export function nextStep(parsed: ParsedPlan, findings: readonly Finding[]): string | undefined {
  const fixable = findings.filter(({ edits }) => edits !== undefined).length;
  const first = findings.find(({ severity }) => severity === 'error') ?? findings[0];
  if (first === undefined || findings.every(({ severity }) => severity === 'info')) return undefined;
  if (parsed.plan === undefined) return 'Next: correct the errors; until then the plan cannot run.';
  // --fix changes the plan itself, and is refused under a profile
  if (fixable > 0 && parsed.profile === undefined) {
    const which = fixable === findings.length ? 'all of them' : `${fixable} of them`;
    return `Next: \`lifeboat lint --fix\` corrects ${which}; with --dry-run it only shows how.`;
  }
  return `Next: \`lifeboat lint --explain ${first.id}\` tells more.`;
}
