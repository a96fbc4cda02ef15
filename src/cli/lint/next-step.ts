import type { Finding, Severity } from '../../plan/finding.ts';
import type { ParsedPlan } from '../../plan/parse-plan.ts';

/** What to do about the findings, in one sentence; nothing when there are only notes. */
export function nextStep(parsed: ParsedPlan, findings: readonly Finding[]): string | undefined {
  const fixable = findings.filter(({ edits }) => edits !== undefined).length;
  const firstOf = (severity: Severity) => findings.find((finding) => finding.severity === severity);
  const first = firstOf('error') ?? firstOf('warning');
  if (first === undefined) return undefined;
  // --fix changes the plan itself, and is refused under a profile
  const canFix = fixable > 0 && parsed.profile === undefined;
  const which = fixable === findings.length ? 'all of them' : `${fixable} of them`;
  if (parsed.plan === undefined) {
    const byItself = canFix ? ` (\`lifeboat lint --fix\` corrects ${which})` : '';
    return `Next: correct the errors${byItself}; until then the plan cannot run.`;
  }
  if (canFix) return `Next: \`lifeboat lint --fix\` corrects ${which}; with --dry-run it only shows how.`;
  return `Next: \`lifeboat lint --explain ${first.id}\` tells more.`;
}
