import { hasSecretArgument } from '../command-secrets.ts';
import type { PlanEdit } from '../plan-edit.ts';
import { hasOption } from '../shell/call-options.ts';
import type { ProgramCall } from '../shell/program-call.ts';
import { ofLine } from './command-place.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { type PlanCommand, planCommands } from './plan-commands.ts';

export const dumpNotConsistent: LintRule = {
  id: 'dump-not-consistent',
  number: 'T12',
  severity: 'warning',
  title: 'a dump is not of one moment',
  explanation:
    'Tables that are read one after another while people write belong to different moments, and rows then refer to rows that are not there. ' +
    'Where the program locks tables instead, everybody who writes waits until the dump is over.',
  fix: 'Add --single-transaction to mysqldump (for InnoDB), or --oplog to mongodump.',
  check: (_plan, _facts, written) =>
    planCommands(written).flatMap((command) =>
      command.role === 'inject' ? [] : command.read.calls.flatMap((call) => hitsOf(command, call)),
    ),
};

function hitsOf(command: PlanCommand, call: ProgramCall): readonly LintHit[] {
  const problem = problemOf(call);
  if (problem === undefined) return [];
  const { message, option, isWrong } = problem;
  return [
    {
      at: command.at,
      ...(isWrong ? { severity: 'error' as const } : {}),
      message: `${message}${ofLine(command, call.line)}`,
      suggestion: `add ${option}`,
      ...(call.program === 'mongodump' ? {} : optionEdit(command, call, option)),
    },
  ];
}

interface Problem {
  readonly message: string;
  readonly option: string;
  /** Nothing makes up for it. */
  readonly isWrong: boolean;
}

function problemOf(call: ProgramCall): Problem | undefined {
  if (call.program === 'mongodump') return mongoProblem(call);
  if (call.program !== 'mysqldump' && call.program !== 'mariadb-dump') return undefined;
  if (hasOption(call, '--single-transaction', '--lock-all-tables', '--no-data')) return undefined;
  if (call.args.some(({ text }) => text === '-x' || text === '-d')) return undefined;
  const option = '--single-transaction';
  const unlocked = ['--skip-lock-tables', '--skip-opt'].find((name) => hasOption(call, name));
  if (unlocked !== undefined) {
    const message = `${call.program} with ${unlocked} and without ${option} reads each table at another moment`;
    return { message, option, isWrong: true };
  }
  const many = ['--all-databases', '-A', '--databases', '-B'].find((name) => hasOption(call, name));
  const message =
    many === undefined
      ? `${call.program} without ${option} locks the tables, so that nobody can write until it is done`
      : `${call.program} ${many} without ${option} reads each database at another moment, and nobody can write to it meanwhile`;
  return { message, option, isWrong: false };
}

/** A dump of named databases cannot take the log with it. */
function mongoProblem(call: ProgramCall): Problem | undefined {
  if (hasOption(call, '--oplog', '--archive-oplog')) return undefined;
  return {
    message: 'mongodump without --oplog reads each collection at another moment',
    option: '--oplog (of the whole replica set, without --db)',
    isWrong: false,
  };
}

/** Where the program stands in the text itself, and no secret would be repeated. */
function optionEdit(
  { at, text, shell }: PlanCommand,
  call: ProgramCall,
  option: string,
): { readonly edits?: readonly PlanEdit[] } {
  const word = call.command.words.find((each) => each.text.endsWith(call.program));
  if (!shell || !call.isTopLevel || word === undefined || hasSecretArgument(text)) return {};
  return {
    edits: [{ kind: 'set', at, value: `${text.slice(0, word.end)} ${option}${text.slice(word.end)}` }],
  };
}
