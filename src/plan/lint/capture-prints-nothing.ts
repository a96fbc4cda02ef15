import { hasOption, optionValue } from '../shell/call-options.ts';
import { isDatabaseDump } from '../shell/dump-programs.ts';
import type { ProgramCall } from '../shell/program-call.ts';
import { ofLine } from './command-place.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { outputFile, pipedFile } from './plain-artefact.ts';
import { type PlanCommand, planCommands } from './plan-commands.ts';

export const capturePrintsNothing: LintRule = {
  id: 'capture-prints-nothing',
  number: 'T13',
  severity: 'error',
  title: 'a capture keeps words instead of data',
  explanation:
    'What a capture keeps is what its command prints, and this one writes the data into a file of its own. ' +
    'The recovery point then holds a few lines of messages and looks like a backup.',
  fix: 'Let the program print the data to the standard output, and send messages to the standard error (>&2).',
  check: (_plan, _facts, written) =>
    planCommands(written)
      .filter(({ isCapture }) => isCapture)
      .flatMap(hitsOf),
};

function hitsOf(command: PlanCommand): readonly LintHit[] {
  const { calls, scripts } = command.read;
  const dumps = calls.filter(({ program }) => isDatabaseDump(program));
  const [first] = dumps;
  if (first === undefined || scripts.some(({ isWhole }) => !isWhole)) return [];
  if (dumps.some((dump) => !goesToFile(command, dump)) || calls.some(printsFile)) return [];
  return [
    {
      at: command.at,
      message: `${first.program} writes into a file and nothing prints that file, so the capture keeps only messages${ofLine(command, first.line)}`,
      suggestion: `let ${first.program} print the dump, and leave packing, uploading and removing to the vault`,
    },
  ];
}

/** Also by way of a pipe that ends in a file. */
function goesToFile({ read }: PlanCommand, dump: ProgramCall): boolean {
  const file = pipedFile(read, dump) ?? namedFile(dump);
  return file !== undefined && file !== '-' && !file.startsWith('/dev/');
}

function namedFile(dump: ProgramCall): string | undefined {
  if (/^pg_dump/.test(dump.program)) return optionValue(dump, '--file', '-f')?.text;
  if (dump.program === 'mongodump')
    return hasOption(dump, '--archive') ? optionValue(dump, '--archive')?.text : undefined;
  return optionValue(dump, '--result-file', '-r')?.text;
}

const printers = ['cat', 'tar', 'dd', 'zcat', 'pv'];

function printsFile(call: ProgramCall): boolean {
  if (outputFile(call) !== undefined) return false;
  if (printers.includes(call.program)) return true;
  return ['gzip', 'zstd', 'xz', 'bzip2', 'gpg', 'age', 'openssl', 'lz4'].includes(call.program)
    ? hasOption(call, '-c', '--stdout', '--to-stdout')
    : call.args.some(({ text }) => text === '/dev/stdout') ||
        call.command.redirections.some(({ operator }) => operator === '<');
}
