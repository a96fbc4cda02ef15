import { hasSecretArgument } from '../command-secrets.ts';
import type { LintRule } from './lint-rule.ts';
import { planCommands } from './plan-commands.ts';

export const commandPassword: LintRule = {
  id: 'command-password',
  number: 'T12',
  severity: 'error',
  title: 'a password on a command line',
  explanation:
    'Whoever may list the processes of the machine reads the arguments of every command, and the plan is copied into every vault. ' +
    'A password there is a password that is known.',
  fix: 'Let the program read it from its own file (such as ~/.my.cnf or ~/.pgpass) or from an environment variable that is set outside the plan.',
  check: (plan) =>
    planCommands(plan)
      .filter((command) => hasSecretArgument(command.text))
      .map((command) => ({
        at: command.at,
        sensitive: true as const,
        message: 'the command carries a password among its arguments',
        suggestion: 'give it to the program through a file or through its environment',
      })),
};
