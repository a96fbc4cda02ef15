/** `lifeboat lint`: what is wrong with a plan, and what it cannot keep. */

import { exitCodes } from '../../error/codes.ts';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { Finding } from '../../plan/finding.ts';
import { formatFinding } from '../../plan/format-finding.ts';
import { lintPlan } from '../../plan/lint/lint-plan.ts';
import { explainRule, lintRules } from '../../plan/lint/rules.ts';
import type { AppContext } from '../cli-context.ts';
import type { Command, CommandEnd } from '../command.ts';
import { loadPlan, planOptions, profileOf } from '../load-plan.ts';
import type { Output } from '../output.ts';
import { planFacts } from '../plan-facts.ts';
import { plural } from '../quantity-text.ts';

export const lint: Command<AppContext> = {
  description:
    'Reads the plan and reports everything that is wrong in one run: what forbids running it, and what its ' +
    'fields mean together, such as a schedule that cannot meet the RPO. Errors end with exit code 6.',
  options: [
    ...planOptions,
    { flag: '--explain', value: 'RULE', description: 'explain a rule by its id or number, such as T2' },
  ],
  examples: [
    { line: 'lifeboat lint', says: 'the plan in this folder' },
    { line: 'lifeboat lint --explain rpo-schedule', says: 'what a finding means' },
  ],
  run: async (context, input) => {
    const rule = input.value('--explain');
    if (rule !== undefined) return await explained(context.output, rule);
    const { parsed, folder, path } = await loadPlan(input.value('--plan'), context.folder, profileOf(input));
    const findings = lintPlan(parsed, planFacts(parsed, folder));
    const lines = parsed.text.split('\n').length;
    for (const finding of findings) {
      const words = formatFinding(finding, parsed.fileName, parsed.text, parsed.files);
      await context.output.result(findingRecord(finding), `${words}\n`);
    }
    return await told(context.output, path, lines, findings);
  },
};

async function told(
  output: Output,
  path: string,
  lines: number,
  findings: readonly Finding[],
): Promise<CommandEnd> {
  const count = (severity: Finding['severity']) =>
    findings.filter((each) => each.severity === severity).length;
  const [errors, warnings, notes] = [count('error'), count('warning'), count('info')];
  const words = [plural(errors, 'error'), plural(warnings, 'warning'), plural(notes, 'note')].join(', ');
  await output.text(findings.length === 0 ? `${path}: nothing to say` : words);
  return {
    summary: { plan: path, lines, errors, warnings, notes },
    exitCode: errors > 0 ? exitCodes.planErrors : exitCodes.done,
  };
}

function findingRecord(finding: Finding) {
  const { id, severity, sensitive, ...rest } = finding;
  return { type: 'finding', rule: id, severity, ...rest };
}

async function explained(output: Output, name: string): Promise<CommandEnd> {
  const text = explainRule(name);
  if (text === undefined) {
    throw new LifeboatError('USAGE', `the linter has no rule "${name}"`, {
      hint: `Rules: ${lintRules.map(({ id, number }) => (number === undefined ? id : `${id} (${number})`)).join(', ')}.`,
    });
  }
  await output.result({ type: 'explanation', rule: name, text }, text);
  return { summary: { rule: name } };
}
