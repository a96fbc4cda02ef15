import { type SecretWord, secretWords } from '../shell/secret-words.ts';
import { ofLine } from './command-place.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { type PlanCommand, planCommands } from './plan-commands.ts';

export const commandPassword: LintRule = {
  id: 'command-password',
  number: 'T12',
  severity: 'error',
  title: 'a password on a command line',
  explanation:
    'Whoever may list the processes of the machine reads the arguments of every command, those that come from a variable as well. ' +
    'A password there is a password that is known.',
  fix: 'Let the program read it from its own file (such as ~/.my.cnf or ~/.pgpass) or from an environment variable that is set outside the plan.',
  check: (_plan, _facts, written) => planCommands(written).flatMap(hitsOf),
};

function hitsOf(command: PlanCommand): readonly LintHit[] {
  const [secret, ...more] = secretWords(command.read);
  if (secret === undefined && !hasLiteral(command.text)) return [];
  const suggestion = 'give it to the program through a file or through its environment';
  const message =
    secret === undefined ? 'the command carries a password in its text' : words(command, secret);
  const others = more.length === 0 ? '' : `; ${more.length} more of this command do so too`;
  return [{ at: command.at, sensitive: true, message: `${message}${others}`, suggestion }];
}

function words(command: PlanCommand, { program, line, variable }: SecretWord): string {
  const what = variable === undefined ? 'a password' : `the value of ${variable}`;
  return `${program} carries ${what} among its arguments${ofLine(command, line)}`;
}

/** A password that is set in the text or stands in an address, whoever reads it. */
function hasLiteral(text: string): boolean {
  return (
    /\b[A-Z_]*(?:PASSWORD|PASSWD|_PWD|SECRET|TOKEN)=['"]?[^\s'"$`]/.test(text) ||
    /:\/\/[^\s/:@]*:[^\s@$/][^\s@/]*@/.test(text)
  );
}
