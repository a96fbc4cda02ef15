/** What `--help` prints. It teaches: what a command is for, how it is called, and examples to copy. */
import type { DescribedCommand } from './command-spec.ts';
import { helpBody } from './parse-input.ts';

/** Long lines are hard to read, whatever the terminal. */
const columnsMax = 100;

export interface CommandName {
  readonly name: string;
  readonly summary: string;
}

export function commandHelp({ name, spec }: DescribedCommand, columns: number): string {
  const examples = spec.examples.flatMap(({ line, says }) => [`  # ${says}`, `  ${line}`]);
  const body = helpBody(name, spec, Math.min(columns, columnsMax)).trimEnd();
  return examples.length === 0 ? body : `${body}\n\nExamples:\n${examples.join('\n')}`;
}

/** The list of commands, with a first session to copy. */
export function programHelp(commands: readonly CommandName[], version: string): string {
  return [
    `Lifeboat ${version}: disaster recovery as code.`,
    '',
    'Usage: lifeboat <command> [arguments] [options]',
    '',
    'Commands:',
    ...listing(commands),
    '',
    'Without a plan, for a first try:',
    '  export LIFEBOAT_PASSWORD_FILE=~/vault-password',
    '  lifeboat vault init /mnt/backup/vault --recovery-key-file ~/recovery-key',
    '  lifeboat backup --vault /mnt/backup/vault --path /srv/uploads',
    '  lifeboat rescue restore --vault /mnt/backup/vault --to /tmp/back',
    '',
    '`lifeboat <command> --help` explains a command. A password comes from LIFEBOAT_PASSWORD,',
    'LIFEBOAT_PASSWORD_FILE or LIFEBOAT_PASSWORD_COMMAND, or from the plan; never from an argument.',
    '--json prints one JSON object a line; the last one is of type summary or error.',
  ].join('\n');
}

export function groupHelp(group: string, commands: readonly CommandName[]): string {
  return [
    `Usage: lifeboat ${group} <command> [arguments] [options]`,
    '',
    'Commands:',
    ...listing(commands.filter(({ name }) => name.startsWith(`${group} `))),
    '',
    `\`lifeboat ${group} <command> --help\` explains one of them.`,
  ].join('\n');
}

function listing(commands: readonly CommandName[]): string[] {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
}
