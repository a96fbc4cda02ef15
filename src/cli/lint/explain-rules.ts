/** What the linter's rules are, without a plan. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { explainRule, findRules, lintRules, numbersOf } from '../../plan/lint/rules.ts';
import { explainParserRule } from '../../plan/parser-rules.ts';
import type { CommandEnd } from '../command.ts';
import type { Output } from '../output.ts';
import { tableLines } from '../table.ts';

/** Every rule of an id or number. Raises USAGE when there is none. */
export async function explainRules(output: Output, name: string): Promise<CommandEnd> {
  const text = explainRule(name) ?? explainParserRule(name);
  if (text === undefined) {
    throw new LifeboatError('USAGE', `the linter has no rule "${name}"`, {
      hint: 'Run `lifeboat lint --rules` to see them all.',
    });
  }
  await output.result(
    { type: 'explanation', rule: name, rules: findRules(name).map(({ id }) => id), text },
    text,
  );
  return { summary: { rule: name } };
}

export async function listRules(output: Output): Promise<CommandEnd> {
  const rows = lintRules.map((rule) => [
    rule.id,
    numbersOf(rule).join(', '),
    rule.severity === 'info' ? 'note' : rule.severity,
    rule.title,
  ]);
  const columns = ['RULE', 'NUMBER', 'SEVERITY', 'FINDS'].map((heading) => ({ heading }));
  for (const line of tableLines(columns, rows, output.style)) await output.text(line);
  for (const rule of lintRules) {
    const { id, severity, title, explanation, fix } = rule;
    const numbers = numbersOf(rule);
    await output.result({ type: 'rule', id, numbers, severity, title, explanation, fix });
  }
  return { summary: { rules: lintRules.length } };
}
