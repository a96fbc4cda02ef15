import { commandTable } from '../../src/cli/command-table.ts';
import { commandHelp } from '../../src/cli/help-text.ts';
import { describeCommands } from '../../src/cli/run-cli.ts';

const columns = 100;

const commands = await describeCommands(commandTable);

/** The reference of every command: what `--help` says, as Markdown. */
export function cliPage(): string {
  const list = commands.map(({ name, summary }) => `| [\`${name}\`](#${anchor(name)}) | ${summary} |`);
  const chapters = commands.flatMap((command) => [
    '',
    `## ${command.name}`,
    '',
    '```text',
    commandHelp(command, columns),
    '```',
  ]);
  return [
    '# The command line',
    '',
    "Generated from the commands' own help by `npm run generate`; do not edit.",
    '',
    'Passwords come from `LIFEBOAT_PASSWORD`, `LIFEBOAT_PASSWORD_FILE` or `LIFEBOAT_PASSWORD_COMMAND` (only one',
    'of them may be set), else from the reference in the plan, else they are asked for on a terminal. They are',
    'never arguments. Files and commands lose one newline at their end.',
    '',
    'With `--json`, standard output carries one JSON object a line, each with a `type`; the last one is `summary`',
    'or `error` and has the `exit_code`. What was asked of stores stands in `requests` of the summary, or of the',
    'error where there is no summary. Words for people go to standard error. The exit codes are in',
    '[errors.md](errors.md).',
    '',
    '| command | what it does |',
    '| --- | --- |',
    ...list,
    ...chapters,
    '',
  ].join('\n');
}

function anchor(name: string): string {
  return name.replaceAll(' ', '-');
}
