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
      .filter((command) => passwordPatterns.some((pattern) => pattern.test(command.text)))
      .map((command) => ({
        at: command.at,
        sensitive: true as const,
        message: 'the command carries a password among its arguments',
        suggestion: 'give it to the program through a file or through its environment',
      })),
};

const passwordPatterns: readonly RegExp[] = [
  /\b(?:mysql|mysqldump|mysqladmin|mariadb|mariadb-dump|mongodump|sshpass)\b[^|;&]*\s-p\s*['"]?[^\s'"-]/,
  /\s--?(?:password|passwd|pass|token|secret|api-key)(?:=|\s+)['"]?[^\s'"-]/i,
  /(?:^|[\s;&|])(?:PGPASSWORD|MYSQL_PWD|REDISCLI_AUTH|RESTIC_PASSWORD|[A-Z_]*(?:PASSWORD|SECRET|TOKEN))=['"]?[^\s'"$]/,
  /:\/\/[^\s/:@]+:[^\s@$]+@/,
];
