/** What the linter's rules are, without a plan. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { explainRule, findRules, lintRules } from '../../plan/lint/rules.ts';
import type { CommandEnd } from '../command.ts';
import type { Output } from '../output.ts';
import { tableLines } from '../table.ts';

/** Every rule of an id or number. Raises USAGE when there is none. */
export async function explainRules(output: Output, name: string): Promise<CommandEnd> {
  const text = explainRule(name);
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
  const rows = lintRules.map(({ id, number, severity, title }) => [
    id,
    number ?? '',
    severity === 'info' ? 'note' : severity,
    title,
  ]);
  const columns = ['RULE', 'NUMBER', 'SEVERITY', 'FINDS'].map((heading) => ({ heading }));
  for (const line of tableLines(columns, rows, output.style)) await output.text(line);
  for (const { id, number, severity, title, explanation, fix } of lintRules)
    await output.result({ type: 'rule', id, number, severity, title, explanation, fix });
  return { summary: { rules: lintRules.length } };
}
